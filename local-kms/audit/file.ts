import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../../shared/errors.ts';
import type { AuditSink } from './event.ts';

/** Events as JSON Lines, appended to a file that only its owner reads. */
export interface AuditFile {
  readonly sink: AuditSink;
  close(): void;
}

/** @throws {ConfigError} LOCAL_KMS_AUDIT if the file cannot be written to. */
export function openAuditFile(path: string): AuditFile {
  const file = openForAppending(path);
  let lines = '';
  let written: Promise<void> | undefined;
  const write = (): void => {
    const due = lines;
    lines = '';
    written = undefined;
    appendFileSync(file, due);
  };
  return {
    // The events of calls that are answered in the same turn of the event loop are written at once.
    sink(event) {
      lines += `${JSON.stringify(event)}\n`;
      written ??= setImmediate().then(write);
      return written;
    },
    close: () => closeSync(file),
  };
}

function openForAppending(path: string): number {
  try {
    // A data directory that is new comes into being with its first file.
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ConfigError('LOCAL_KMS_AUDIT', `the audit log ${path} cannot be opened (${reason})`);
  }
}
