import {
  granteeNames,
  type PolicyGrant,
  type RequestPrincipal,
} from '../../shared/key-policy/index.ts';
import type { GrantRecord, KeyRecord } from '../store/records.ts';
import type { GrantCollection, GranteeOnKey } from '../store/store.ts';
import { policyGrant } from './policy-grant.ts';

/** As many grants as are read at once. */
const PAGE = 20;

/** A decision says why so many grants for other operations do not allow. */
const OTHERS = 100;

/** So many pairs of an encryption context are looked up one by one. */
const MAX_PAIRS = 20;

interface CallerGrantsOptions {
  readonly grants: GrantCollection;
  readonly key: KeyRecord;
  readonly caller: RequestPrincipal;
  /** Without `kms:`. */
  readonly operation: string;
  /** Of the request; for CreateGrant, what the constraint has that it asks for. */
  readonly encryptionContext: () => ReadonlyMap<string, string>;
}

/**
 * The grants on a key that can decide on a caller's operation: to the caller, for the operation, and
 * where those are many, with a constraint that may hold. Behind these, for the record only, some
 * that are for other operations.
 */
export function* callerGrants(options: CallerGrantsOptions): Generator<PolicyGrant> {
  const given = new Set<string>();
  for (const grant of candidates(options)) {
    if (given.has(grant.grantId)) continue;
    given.add(grant.grantId);
    yield policyGrant(grant);
  }
}

function* candidates(options: CallerGrantsOptions): Generator<GrantRecord> {
  const { grants, caller, operation } = options;
  const { account, region, keyId } = options.key;
  const grantees = granteeNames(caller).map((grantee) => ({ account, region, keyId, grantee }));
  for (const grantee of grantees) {
    const on = { ...grantee, operation };
    // These are all, or else enough for an operation that no constraint applies to.
    const some = grants.to(on, { after: undefined, limit: PAGE });
    yield* some;
    if (some.length === PAGE) yield* fitting(options, on);
  }
  for (const grantee of grantees) yield* grants.to(grantee, { after: undefined, limit: OTHERS });
}

/** Those without a constraint, and those whose constraint has a pair of the encryption context. */
function* fitting(
  { grants, encryptionContext }: CallerGrantsOptions,
  on: GranteeOnKey,
): Generator<GrantRecord> {
  const pairs = encryptionContext();
  if (pairs.size > MAX_PAIRS) return yield* every(grants, on);
  yield* every(grants, { ...on, pair: 'none' });
  for (const pair of pairs) yield* every(grants, { ...on, pair });
}

function* every(grants: GrantCollection, on: GranteeOnKey): Generator<GrantRecord> {
  let page: readonly GrantRecord[] = [];
  do {
    page = grants.to(on, { after: page.at(-1), limit: PAGE });
    yield* page;
  } while (page.length === PAGE);
}
