import type { Writable } from 'node:stream';
import { type CommandIo, EnvironmentError } from './command.ts';

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

/** Colour is for a terminal, and not where the user asks for none (no-color.org). */
export function takesColour({ stdout, env }: Pick<CommandIo, 'stdout' | 'env'>): boolean {
  const isTerminal = 'isTTY' in stdout && stdout.isTTY === true;
  return isTerminal && (env.NO_COLOR ?? '') === '';
}
