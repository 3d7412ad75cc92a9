import { unsupported } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import { arnOf } from './metadata.ts';

/** @throws {KmsServiceError} UnsupportedOperationException unless the key's material is of there. */
export function checkOrigin(key: KeyRecord, origin: KeyRecord['origin']): void {
  if (key.origin !== origin) {
    throw unsupported(
      `${arnOf(key)} origin is ${key.origin} which is not valid for this operation.`,
    );
  }
}
