import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { checkTagKeys } from '../keys/tags.ts';
import { KEY_ID, TAG_KEY } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

export const untagResource = keyOperation({
  name: 'UntagResource',
  input: {
    KeyId: required(KEY_ID),
    TagKeys: required({ type: 'list', of: TAG_KEY }),
  },
  conditions: (request) => new Map([['aws:TagKeys', request.TagKeys]]),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  check: ({ request }) => checkTagKeys(request.TagKeys),
  async execute({ backend, request, key }) {
    await changeKey(backend, key, (record) => {
      checkState(CHANGEABLE, record);
      return { ...record, tags: record.tags.filter((tag) => !request.TagKeys.includes(tag.key)) };
    });
    return { members: {} };
  },
});
