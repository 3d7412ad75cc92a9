import {
  granteeNames,
  type PolicyGrant,
  type RequestPrincipal,
} from '../../shared/key-policy/index.ts';
import type { GrantRecord, KeyRecord } from '../store/records.ts';
import type { GrantCollection } from '../store/store.ts';
import { policyGrant } from './policy-grant.ts';

/** Of grants that permit the operation the first one mostly allows. */
const PAGE = 20;

/** A decision says why so many of the others do not. */
const OTHERS = 100;

/**
 * The grants on a key that a decision on a caller's operation asks: each that is to the caller and
 * permits the operation; behind those, some that permit others, for the record only.
 */
export function* callerGrants(options: {
  readonly grants: GrantCollection;
  readonly key: KeyRecord;
  readonly caller: RequestPrincipal;
  /** Without `kms:`. */
  readonly operation: string;
}): Generator<PolicyGrant> {
  const { grants, key, caller, operation } = options;
  const { account, region, keyId } = key;
  const grantees = granteeNames(caller).map((grantee) => ({ account, region, keyId, grantee }));
  for (const grantee of grantees) {
    let page: readonly GrantRecord[] = [];
    do {
      page = grants.to({ ...grantee, operation }, { after: page.at(-1)?.grantId, limit: PAGE });
      yield* page.map(policyGrant);
    } while (page.length === PAGE);
  }
  for (const grantee of grantees) {
    const some = grants.to(grantee, { after: undefined, limit: OTHERS }).map(policyGrant);
    yield* some.filter(({ operations }) => !operations.includes(operation));
  }
}
