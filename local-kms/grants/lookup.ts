import { KmsServiceError } from '../../shared/kms/index.ts';
import { notFound } from '../errors.ts';
import type { GrantRecord, KeyRecord } from '../store/records.ts';
import { type Collection, grantName } from '../store/store.ts';

const GRANT_ID = /^[0-9a-f]{64}$/;

/** @throws {KmsServiceError} InvalidGrantIdException for what is no id of any grant. */
export function checkGrantId(grantId: string): void {
  if (!GRANT_ID.test(grantId)) throw new KmsServiceError('InvalidGrantIdException');
}

/** @throws {KmsServiceError} InvalidGrantIdException, NotFoundException */
export function findGrant(
  grants: Collection<GrantRecord>,
  key: KeyRecord,
  grantId: string,
): GrantRecord {
  checkGrantId(grantId);
  const grant = grants.get(key, grantName({ keyId: key.keyId, grantId }));
  if (grant === undefined) throw notFound(`Grant ID ${grantId} not found`);
  return grant;
}
