import { unsupported } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import { arnOf } from './metadata.ts';

/** @throws {KmsServiceError} UnsupportedOperationException */
export function checkPrimary(key: KeyRecord): void {
  if (key.multiRegion === 'PRIMARY') return;
  throw unsupported(`${arnOf(key)} is not a multi-region primary key.`);
}
