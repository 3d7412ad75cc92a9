import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { addTags, requestTagConditions } from '../keys/tags.ts';
import { KEY_ID, TAGS } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

export const tagResource = keyOperation({
  name: 'TagResource',
  input: { KeyId: required(KEY_ID), Tags: required(TAGS) },
  conditions: (request) => requestTagConditions(request.Tags),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  async execute({ backend, request, key }) {
    await changeKey(backend, key, (record) => {
      checkState(CHANGEABLE, record);
      return { ...record, tags: addTags(record.tags, request.Tags) };
    });
    return { members: {} };
  },
});
