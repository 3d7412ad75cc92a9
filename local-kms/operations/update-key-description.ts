import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { DESCRIPTION, KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

export const updateKeyDescription = keyOperation({
  name: 'UpdateKeyDescription',
  input: { KeyId: required(KEY_ID), Description: required(DESCRIPTION) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  async execute({ backend, request, key }) {
    await changeKey(backend, key, (record) => {
      checkState(CHANGEABLE, record);
      return { ...record, description: request.Description };
    });
    return { members: {} };
  },
});
