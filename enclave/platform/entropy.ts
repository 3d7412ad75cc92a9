import { readFile } from 'node:fs/promises';
import { ReadinessError } from '../../shared/errors.ts';

const CURRENT_SOURCE = '/sys/class/misc/hw_random/rng_current';
const NSM_SOURCE = 'nsm-hwrng';

/**
 * Checks that the kernel takes its randomness from the secure module.
 *
 * @throws {ReadinessError} READY_ENTROPY
 */
export async function checkEntropySource(path: string = CURRENT_SOURCE): Promise<void> {
  const source = await readSource(path);
  if (source === NSM_SOURCE) return;
  throw new ReadinessError(
    'READY_ENTROPY',
    `${path}: expected ${NSM_SOURCE}, got ${source ?? 'nothing'}`,
    { details: { source: source ?? null } },
  );
}

async function readSource(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim().slice(0, 64);
  } catch {
    return undefined;
  }
}
