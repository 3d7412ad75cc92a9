import type { Writable } from 'node:stream';
import { EnvironmentError } from './command.ts';

/**
 * Writes all of `data` before it resolves, so that the caller may wipe it.
 *
 * @throws {EnvironmentError} if nobody takes it.
 */
export async function writeAll(stream: Writable, data: Uint8Array | string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(data, (error) => {
      if (error) reject(new EnvironmentError('standard output cannot be written'));
      else resolve();
    });
  });
}
