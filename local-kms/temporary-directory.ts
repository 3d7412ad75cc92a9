import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile } from '../shared/native/file-lock.ts';

const LOCK_FILE = 'process.lock';

export interface TemporaryDirectory {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a directory for as long as this process needs it. One that a process has left behind, which
 * was killed, is removed by the next that makes one of that prefix: the kernel has released its lock.
 */
export function createTemporaryDirectory(prefix: string): TemporaryDirectory {
  removeAbandoned(prefix);
  for (;;) {
    const path = mkdtempSync(join(tmpdir(), prefix));
    const lock = lockFile(join(path, LOCK_FILE));
    // Another process may have found the file before it was locked, and removed the directory.
    if (lock !== undefined && existsSync(join(path, LOCK_FILE))) {
      return {
        path,
        remove() {
          rmSync(path, { recursive: true, force: true });
          lock.release();
        },
      };
    }
    lock?.release();
  }
}

function removeAbandoned(prefix: string): void {
  for (const entry of readdirSync(tmpdir(), { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name.startsWith(prefix)) {
      removeUnlocked(join(tmpdir(), entry.name));
    }
  }
}

/** A directory without the file is not locked yet. Somebody else's is none of ours to remove. */
function removeUnlocked(path: string): void {
  if (!existsSync(join(path, LOCK_FILE))) return;
  try {
    const lock = lockFile(join(path, LOCK_FILE));
    if (lock === undefined) return;
    rmSync(path, { recursive: true, force: true });
    lock.release();
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw error;
    }
  }
}
