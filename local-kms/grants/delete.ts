import type { Backend } from '../backend.ts';
import type { KeyRecord } from '../store/records.ts';
import { grantName } from '../store/store.ts';
import { findGrant } from './lookup.ts';

/**
 * Ends a grant: no later request is allowed by it.
 *
 * @throws {KmsServiceError} NotFoundException if it has ended by then.
 */
export function deleteGrant(backend: Backend, key: KeyRecord, grantId: string): Promise<void> {
  return backend.store.write(({ grants }) => {
    grants.remove(key, grantName(findGrant(grants, key, grantId)));
  });
}
