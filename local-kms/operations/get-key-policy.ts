import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { checkPolicyName, POLICY_NAME_DEFAULT } from '../policy/key-policy.ts';
import { KEY_ID, POLICY_NAME } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const getKeyPolicy = keyOperation({
  name: 'GetKeyPolicy',
  input: { KeyId: required(KEY_ID), PolicyName: optional(POLICY_NAME) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  check: ({ request }) => checkPolicyName(request.PolicyName),
  execute: ({ key }) => ({ members: { Policy: key.policy, PolicyName: POLICY_NAME_DEFAULT } }),
});
