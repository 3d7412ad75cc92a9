import { invalidKeyUsage } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';

/** The algorithm of a request that names none, and the only one of a symmetric key. */
export const SYMMETRIC_DEFAULT = 'SYMMETRIC_DEFAULT';

/** @throws {KmsServiceError} InvalidKeyUsageException for an algorithm that the key has not. */
export function checkSymmetricAlgorithm(algorithm: string | undefined, key: KeyRecord): void {
  if (algorithm !== undefined && algorithm !== SYMMETRIC_DEFAULT) {
    throw invalidKeyUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.keySpec}.`);
  }
}
