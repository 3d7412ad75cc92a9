import { unsupported, validationError } from '../errors.ts';
import { describeGrant } from '../grants/describe.ts';
import { accountOf, checkPrincipal } from '../grants/principal.ts';
import { settledKey } from '../keys/lookup.ts';
import { GRANT_LIMIT, MARKER, PRINCIPAL } from '../schema/members.ts';
import { optional, type RequestOf } from '../schema/shape.ts';
import type { GrantRecord } from '../store/records.ts';
import { cutPage, invalidMarker, parseMarker } from './marker.ts';
import { accountOperation } from './operation.ts';

const DEFAULT_LIMIT = 50;

const input = {
  RetiringPrincipal: optional(PRINCIPAL),
  RetiringServicePrincipal: optional({ type: 'string' }),
  Limit: optional(GRANT_LIMIT),
  Marker: optional(MARKER),
} as const;

/** About grants on keys of every account, and yet only IAM policies of the caller's decide. */
export const listRetirableGrants = accountOperation({
  name: 'ListRetirableGrants',
  input,
  resource: retiringPrincipalOf,
  execute({ backend, request, caller }) {
    const retiringPrincipal = retiringPrincipalOf(request);
    checkPrincipal(retiringPrincipal, backend.realm);
    if (accountOf(retiringPrincipal) !== caller.identity.accountId) {
      throw validationError('RetiringPrincipal must be a principal in your account.');
    }
    const limit = request.Limit ?? DEFAULT_LIMIT;
    const grants = backend.store.grants.retirableBy(
      { region: backend.realm.region, retiringPrincipal },
      { after: parsePlace(request.Marker), limit: limit + 1 },
    );
    const { items, paging } = cutPage(grants, limit, placeOf);
    // A page may be short of its limit: a key may be gone that the store still has.
    const existing = items.filter((grant) => settledKey(backend, grant, grant.keyId) !== undefined);
    return { members: { Grants: existing.map(describeGrant), ...paging } };
  },
});

function retiringPrincipalOf(request: RequestOf<typeof input>): string {
  const { RetiringPrincipal, RetiringServicePrincipal } = request;
  if ((RetiringPrincipal === undefined) === (RetiringServicePrincipal === undefined)) {
    throw validationError(
      'You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.',
    );
  }
  if (RetiringPrincipal === undefined) {
    throw unsupported('RetiringServicePrincipal is for callers that are AWS services.');
  }
  return RetiringPrincipal;
}

type Place = Pick<GrantRecord, 'account' | 'keyId' | 'grantId'>;

function placeOf({ account, keyId, grantId }: Place): string {
  return [account, keyId, grantId].join('/');
}

function parsePlace(marker: string | undefined): Place | undefined {
  const place = parseMarker(marker);
  if (place === undefined) return undefined;
  const [account, keyId, grantId] = place.split('/');
  if (account === undefined || keyId === undefined || grantId === undefined) {
    throw invalidMarker();
  }
  return { account, keyId, grantId };
}
