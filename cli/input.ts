import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { FormatError } from '../shared/errors.ts';
import { type CommandIo, EnvironmentError } from './command.ts';

export interface ReadOptions {
  /** Reading stops here: a longer input is refused, whatever its length. */
  readonly maxBytes: number;
}

/**
 * The bytes of a file, or of standard input where no path or `-` is given.
 *
 * @throws {EnvironmentError} if it cannot be read.
 * @throws {FormatError} INPUT_TOO_LARGE
 */
export async function readInput(
  path: string | undefined,
  io: Pick<CommandIo, 'stdin'>,
  options: ReadOptions,
): Promise<{ readonly bytes: Uint8Array }> {
  if (path !== undefined && path !== '-') return { bytes: await readFileBytes(path, options) };
  return { bytes: await collect(io.stdin, 'standard input', options.maxBytes) };
}

/**
 * The bytes of a file.
 *
 * @throws {EnvironmentError} if it cannot be read.
 * @throws {FormatError} INPUT_TOO_LARGE
 */
export async function readFileBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
  return collect(createReadStream(path), path, options.maxBytes);
}

async function collect(stream: Readable, name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) {
        throw new FormatError('INPUT_TOO_LARGE', `${name}: expected at most ${maxBytes} bytes`);
      }
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new EnvironmentError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
