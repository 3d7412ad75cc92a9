import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';

// The same on Linux and the BSDs.
const LOCK_EX = 2;
const LOCK_NB = 4;

/** A lock that the kernel holds for this process, and releases if the process dies. */
export interface FileLock {
  release(): void;
}

/**
 * Locks a file, which is made if it is not there, for this process alone.
 *
 * @returns undefined if another process holds the lock.
 */
export function lockFile(path: string): FileLock | undefined {
  // Node opens with O_CLOEXEC: no child process inherits the lock.
  const fd = openSync(path, 'a', 0o600);
  const flock = koffi.load(null).func('int flock(int, int)');
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return { release: () => closeSync(fd) };
  const errno = koffi.errno();
  closeSync(fd);
  if (errno === constants.errno.EWOULDBLOCK) return undefined;
  throw new Error(`flock failed with errno ${errno}`);
}
