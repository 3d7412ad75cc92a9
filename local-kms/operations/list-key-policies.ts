import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { POLICY_NAME_DEFAULT } from '../policy/key-policy.ts';
import { KEY_ID, MARKER } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { parseMarker } from './marker.ts';
import { keyOperation } from './operation.ts';

export const listKeyPolicies = keyOperation({
  name: 'ListKeyPolicies',
  input: {
    KeyId: required(KEY_ID),
    Limit: optional({ type: 'integer', min: 1, max: 1000 }),
    Marker: optional(MARKER),
  },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  check: ({ request }) => {
    parseMarker(request.Marker);
  },
  execute: () => ({ members: { PolicyNames: [POLICY_NAME_DEFAULT], Truncated: false } }),
});
