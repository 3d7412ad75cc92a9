import { kmsContext } from '../../shared/key-policy/index.ts';
import { unsupported } from '../errors.ts';
import { describeGrant } from '../grants/describe.ts';
import { checkGrantId } from '../grants/lookup.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { GRANT_ID, GRANT_LIMIT, KEY_ID, MARKER, PRINCIPAL } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { grantName } from '../store/store.ts';
import { cutPage, parseMarker } from './marker.ts';
import { keyOperation } from './operation.ts';

const DEFAULT_LIMIT = 50;

export const listGrants = keyOperation({
  name: 'ListGrants',
  input: {
    KeyId: required(KEY_ID),
    GrantId: optional(GRANT_ID),
    GranteePrincipal: optional(PRINCIPAL),
    GranteeServicePrincipal: optional({ type: 'string' }),
    Limit: optional(GRANT_LIMIT),
    Marker: optional(MARKER),
  },
  conditions: () => kmsContext({ GrantIsForAWSResource: false }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  crossAccount: true,
  states: KEY_STATES,
  check({ request }) {
    if (request.GranteeServicePrincipal !== undefined) {
      throw unsupported('GranteeServicePrincipal is for callers that are AWS services.');
    }
    if (request.GrantId !== undefined) checkGrantId(request.GrantId);
  },
  execute({ backend, request, key }) {
    const { GrantId, GranteePrincipal } = request;
    const limit = request.Limit ?? DEFAULT_LIMIT;
    const marker = parseMarker(request.Marker);
    const grants = backend.store.grants.list(
      key,
      {
        prefix: grantName({ keyId: key.keyId, grantId: GrantId ?? '' }),
        after: marker === undefined ? undefined : grantName({ keyId: key.keyId, grantId: marker }),
        limit: limit + 1,
      },
      ({ granteePrincipal }) =>
        GranteePrincipal === undefined || granteePrincipal === GranteePrincipal,
    );
    const { items, paging } = cutPage(grants, limit, ({ grantId }) => grantId);
    return { members: { Grants: items.map(describeGrant), ...paging } };
  },
});
