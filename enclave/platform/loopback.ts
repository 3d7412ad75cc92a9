import { networkInterfaces } from 'node:os';
import { ReadinessError } from '../../shared/errors.ts';

/**
 * Sees to it that programs in the enclave can talk to each other: `lo` is down when an enclave starts.
 *
 * @throws {ReadinessError} READY_LOOPBACK
 */
export async function ensureLoopback(
  interfaces: typeof networkInterfaces = networkInterfaces,
): Promise<void> {
  // Only those that are up are listed.
  const addresses = Object.values(interfaces()).flatMap((list) => list ?? []);
  if (addresses.some(({ internal }) => internal)) return;
  try {
    // Loaded here, so that whose loopback is up needs no native code.
    const { bringUpLoopback } = await import('../../shared/native/index.ts');
    bringUpLoopback();
  } catch (error) {
    const reason = String((error as { code?: unknown }).code ?? 'unknown');
    throw new ReadinessError('READY_LOOPBACK', `lo cannot be brought up (${reason})`, {
      details: { reason },
    });
  }
}
