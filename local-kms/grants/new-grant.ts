import { KmsServiceError } from '../../shared/kms/index.ts';
import type { GrantRecord } from '../store/records.ts';
import type { GrantCollection, GrantContent } from '../store/store.ts';

/** Of the service: grants per key. */
export const MAX_GRANTS_PER_KEY = 50_000;

/**
 * Finds the grant that a request for a new one is a retry for: of the same name, and alike in all
 * that was asked for. A grant without a name is always another one.
 *
 * @throws {KmsServiceError} LimitExceededException if there is none, and no room for one more.
 */
export function findSameGrant(
  grants: GrantCollection,
  wanted: GrantContent,
): GrantRecord | undefined {
  const same = wanted.name === undefined ? undefined : grants.alike(wanted);
  if (same === undefined && grants.count(wanted) >= MAX_GRANTS_PER_KEY) {
    throw new KmsServiceError(
      'LimitExceededException',
      `A key cannot have more than ${MAX_GRANTS_PER_KEY} grants.`,
    );
  }
  return same;
}
