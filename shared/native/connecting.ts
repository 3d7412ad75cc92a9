import { setImmediate, setTimeout } from 'node:timers/promises';
import { close, connect, pollWritable, SystemCallError, takeSocketError } from './libc.ts';

/**
 * Connects a non-blocking stream descriptor, holding no thread while it waits.
 *
 * The kernel's answer is asked for on each turn of the loop at first, since a local peer answers
 * within microseconds, and then each millisecond. `fd` is closed if this throws.
 *
 * @throws {SystemCallError} what connect(2) reports, at once or later.
 * @throws {unknown} the reason of `signal`, when it is aborted first.
 */
export async function connectDescriptor(
  fd: number,
  address: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  try {
    signal.throwIfAborted();
    if (connectsAtOnce(fd, address)) return;
    for (let turn = 0; !pollWritable(fd); turn += 1) {
      await (turn < EAGER_TURNS ? setImmediate() : setTimeout(1));
      signal.throwIfAborted();
    }
    const code = takeSocketError(fd);
    if (code !== undefined) throw new SystemCallError('connect', code);
  } catch (error) {
    close(fd);
    throw error;
  }
}

function connectsAtOnce(fd: number, address: Uint8Array): boolean {
  try {
    connect(fd, address);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EINPROGRESS') return false;
    throw error;
  }
}

const EAGER_TURNS = 16;
