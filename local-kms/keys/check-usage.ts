import { invalidKeyUsage } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import { arnOf } from './metadata.ts';
import type { KeyUsage } from './specs.ts';

/**
 * Refuses a key that is for something else.
 *
 * @param operation - for the message.
 * @throws {KmsServiceError} InvalidKeyUsageException
 */
export function checkKeyUsage(usage: KeyUsage, key: KeyRecord, operation: string): void {
  if (key.keyUsage !== usage) {
    throw invalidKeyUsage(
      `${arnOf(key)} key usage is ${key.keyUsage} which is not valid for ${operation}.`,
    );
  }
}
