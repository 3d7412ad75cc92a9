import { silentMetrics } from '../../enclave/metrics.ts';
import {
  createKeyRing,
  type KeyRingOptions,
  type RecipientKeyRing,
} from '../../enclave/recipient/index.ts';

/** A ring as the configuration has it by default, on a clock that stands still. */
export function createTestKeyRing(
  options: Pick<KeyRingOptions, 'nsm'> & Partial<KeyRingOptions>,
): Promise<RecipientKeyRing> {
  return createKeyRing({
    keyBits: 2048,
    keys: 'window',
    rotationSeconds: 60,
    documentSeconds: 60,
    spareKeys: 1,
    maxFailedOpenings: 3,
    monotonic: () => 0,
    metrics: silentMetrics,
    ...options,
  });
}
