import { changeKey } from '../keys/change.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { checkNewPolicy, checkPolicyName } from '../policy/key-policy.ts';
import { BOOLEAN, KEY_ID, POLICY, POLICY_NAME } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { conditionKeys, keyOperation } from './operation.ts';

export const putKeyPolicy = keyOperation({
  name: 'PutKeyPolicy',
  input: {
    KeyId: required(KEY_ID),
    PolicyName: optional(POLICY_NAME),
    Policy: required(POLICY),
    BypassPolicyLockoutSafetyCheck: optional(BOOLEAN),
  },
  conditions: (request) =>
    conditionKeys({
      'kms:BypassPolicyLockoutSafetyCheck': String(request.BypassPolicyLockoutSafetyCheck ?? false),
    }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  check({ request, caller, key }) {
    checkPolicyName(request.PolicyName);
    checkNewPolicy({
      policy: request.Policy,
      resource: arnOf(key),
      accountId: key.account,
      caller,
      bypassLockoutCheck: request.BypassPolicyLockoutSafetyCheck ?? false,
    });
  },
  async execute({ backend, request, key }) {
    await changeKey(backend, key, (record) => ({ ...record, policy: request.Policy }));
    return { members: {} };
  },
});
