import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
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
  return {
    sink: (event) => {
      writeSync(file, `${JSON.stringify(event)}\n`);
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
