import type { KmsServiceError } from '../../shared/kms/index.ts';
import { unsupported } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import type { KeyCollection } from '../store/store.ts';
import { arnOf } from './metadata.ts';

/** @throws {KmsServiceError} UnsupportedOperationException */
export function checkPrimary(key: KeyRecord): void {
  if (key.multiRegion !== 'PRIMARY') throw notPrimary(key);
}

/** @throws {KmsServiceError} UnsupportedOperationException */
export function checkNoReplica(key: KeyRecord): void {
  if (key.multiRegion === 'REPLICA') throw notPrimary(key);
}

function notPrimary(key: KeyRecord): KmsServiceError {
  return unsupported(`${arnOf(key)} is not a multi-region primary key.`);
}

/** The keys of other regions that share the id of a multi-Region one. */
export function relatedTo(keys: KeyCollection, key: KeyRecord): readonly KeyRecord[] {
  if (key.multiRegion === undefined) return [];
  return keys.related(key).filter(({ region }) => region !== key.region);
}
