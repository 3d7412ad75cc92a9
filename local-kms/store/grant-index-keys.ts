import { createHash } from 'node:crypto';
import { granteeName } from '../../shared/key-policy/index.ts';
import type { GrantRecord } from './records.ts';
import type { IndexKey } from './secondary-index.ts';
import type { GrantContent, GranteeOnKey } from './store.ts';

/** In place of an operation: every one. */
const ANY = '';

/**
 * A grant is found by its grantee, by its grantee and each of its operations, and with either by the
 * first pair of its constraint, which no request can lack that the constraint lets through.
 */
export function granteeKeys(grant: GrantRecord): readonly IndexKey[] {
  return [ANY, ...new Set(grant.operations)].map((operation) => granteeKey(grant, operation));
}

export function granteeKey(grant: GrantRecord, operation: string | undefined): IndexKey {
  const { account, region, keyId, granteePrincipal, constraint } = grant;
  const grantee = granteeName(granteePrincipal);
  const pair = constraint?.pairs[0] ?? 'none';
  const place = granteePlace({ account, region, keyId, grantee, operation, pair });
  return [...place, grant.grantId];
}

/** Digests, since LMDB's keys are short and ARNs may be long. */
export function granteePlace(on: GranteeOnKey): IndexKey {
  const { account, region, keyId, grantee, operation = ANY, pair } = on;
  const place = [account, region, keyId, digest(grantee), operation];
  if (pair === undefined) return place;
  return [...place, pair === 'none' ? '' : digest(JSON.stringify(pair))];
}

/** Grants without a name are never alike. */
export function contentKeys(grant: GrantRecord): readonly IndexKey[] {
  return grant.name === undefined ? [] : [[...contentPlace(grant), grant.grantId]];
}

export function contentPlace(grant: GrantContent): IndexKey {
  const { account, region, keyId, constraint } = grant;
  const content = [
    grant.name,
    grant.granteePrincipal,
    grant.retiringPrincipal,
    grant.issuingAccount,
    [...new Set(grant.operations)].sort(),
    constraint?.type,
    constraint?.pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ];
  // JSON has null for what is undefined, which no member of a grant is.
  return [account, region, keyId, digest(JSON.stringify(content))];
}

export function retirementKeys(grant: GrantRecord): readonly IndexKey[] {
  const { region, retiringPrincipal, account, keyId, grantId } = grant;
  return retiringPrincipal === undefined
    ? []
    : [[...retirementPlace(region, retiringPrincipal), account, keyId, grantId]];
}

export function retirementPlace(region: string, retiringPrincipal: string): IndexKey {
  return [region, digest(retiringPrincipal)];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
