import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { SWITCHABLE } from './states.ts';

export const enableKey = keyOperation({
  name: 'EnableKey',
  input: { KeyId: required(KEY_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: SWITCHABLE,
  async execute({ backend, key }) {
    await changeKey(backend, key, (record) => {
      checkState(SWITCHABLE, record);
      return { ...record, keyState: 'Enabled' };
    });
    return { members: {} };
  },
});
