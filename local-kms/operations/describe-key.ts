import { findKey } from '../keys/lookup.ts';
import { describeKey as metadataOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const describeKey = keyOperation({
  name: 'DescribeKey',
  input: { KeyId: required(KEY_ID), GrantTokens: GRANTABLE.GrantTokens },
  findKey: (request, backend) => findKey(backend, request.KeyId),
  crossAccount: true,
  states: KEY_STATES,
  execute: ({ backend, key }) => ({ members: { KeyMetadata: metadataOf(backend.store, key) } }),
});
