import { KmsServiceError } from '../../shared/kms/index.ts';
import type { GrantRecord } from '../store/records.ts';
import type { GrantCollection } from '../store/store.ts';
import { isSameConstraint } from './constraint.ts';

/** Of the service: grants per key. */
export const MAX_GRANTS_PER_KEY = 50_000;

/** A grant as a request asks for it. */
export type NewGrant = Omit<GrantRecord, 'version' | 'grantId' | 'creationDate'>;

/**
 * Finds the grant that a request for a new one is a retry for: of the same name, and alike in all
 * that was asked for. A grant without a name is always another one.
 *
 * @throws {KmsServiceError} LimitExceededException if there is none, and no room for one more.
 */
export function findSameGrant(grants: GrantCollection, wanted: NewGrant): GrantRecord | undefined {
  const same =
    wanted.name === undefined
      ? undefined
      : grants.of(wanted).find((grant) => isSameGrant(grant, wanted));
  if (same === undefined && grants.count(wanted) >= MAX_GRANTS_PER_KEY) {
    throw new KmsServiceError(
      'LimitExceededException',
      `A key cannot have more than ${MAX_GRANTS_PER_KEY} grants.`,
    );
  }
  return same;
}

function isSameGrant(grant: GrantRecord, wanted: NewGrant): boolean {
  return (
    grant.name === wanted.name &&
    grant.granteePrincipal === wanted.granteePrincipal &&
    grant.retiringPrincipal === wanted.retiringPrincipal &&
    grant.issuingAccount === wanted.issuingAccount &&
    grant.operations.length === wanted.operations.length &&
    grant.operations.every((operation) => wanted.operations.includes(operation)) &&
    isSameConstraint(grant.constraint, wanted.constraint)
  );
}
