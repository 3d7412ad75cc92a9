import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { ConfigError } from '../../shared/errors.ts';

/** Where log lines go. */
export interface LogSink {
  /** Takes one line without its newline; says whether it can take more at once. */
  write(line: string): boolean;
  /** Calls back, once, when it can again. */
  onceDrained(resume: () => void): void;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/**
 * Appends to a file, which only the parent's user can read if it is made here.
 *
 * @throws {ConfigError} LOG_FILE
 */
export async function openLogFile(
  path: string,
  options: { readonly onFailed: (error: unknown) => void },
): Promise<LogSink> {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  try {
    await once(stream, 'open');
  } catch (error) {
    const reason = String((error as { code?: unknown }).code ?? 'unknown');
    throw new ConfigError('LOG_FILE', `${path} cannot be written (${reason})`, {
      details: { path, reason },
    });
  }
  // A full disk ends the stream: what comes after is lost, and this is said once.
  stream.on('error', options.onFailed);
  return {
    write: (line) => stream.write(`${line}\n`),
    onceDrained: (resume) => void stream.once('drain', resume),
    async close() {
      if (stream.destroyed) return;
      stream.end();
      await once(stream, 'close');
    },
  };
}

/** Hands on each line; whoever takes it sees to what is not written yet. */
export function createLineSink(write: (line: string) => void): LogSink {
  return {
    write(line) {
      write(line);
      return true;
    },
    onceDrained: () => undefined,
    close: async () => undefined,
  };
}
