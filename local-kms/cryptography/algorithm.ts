import { invalidKeyUsage } from '../errors.ts';
import { algorithmsFor } from '../keys/specs.ts';
import type { KeyRecord } from '../store/records.ts';

/**
 * Refuses an algorithm that is not one of the key's.
 *
 * @throws {KmsServiceError} InvalidKeyUsageException
 */
export function checkAlgorithm(algorithm: string, { keySpec, keyUsage }: KeyRecord): void {
  if (!algorithmsFor(keySpec, keyUsage).includes(algorithm)) {
    throw invalidKeyUsage(`Algorithm ${algorithm} is incompatible with key spec ${keySpec}.`);
  }
}
