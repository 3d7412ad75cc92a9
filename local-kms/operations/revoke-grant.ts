import { kmsContext } from '../../shared/key-policy/index.ts';
import { deleteGrant } from '../grants/delete.ts';
import { findGrant } from '../grants/lookup.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { BOOLEAN, GRANT_ID, KEY_ID } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const revokeGrant = keyOperation({
  name: 'RevokeGrant',
  input: { KeyId: required(KEY_ID), GrantId: required(GRANT_ID), DryRun: optional(BOOLEAN) },
  conditions: () => kmsContext({ GrantIsForAWSResource: false }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  crossAccount: true,
  states: KEY_STATES,
  check({ backend, request, key }) {
    findGrant(backend.store.grants, key, request.GrantId);
  },
  async execute({ backend, request, key }) {
    await deleteGrant(backend, key, request.GrantId);
    return { members: {} };
  },
});
