import { changeKey } from '../keys/change.ts';
import { checkOrigin } from '../keys/check-origin.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { checkRotatable } from '../keys/rotation.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { ROTATABLE } from './states.ts';

export const disableKeyRotation = keyOperation({
  name: 'DisableKeyRotation',
  input: { KeyId: required(KEY_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: ROTATABLE,
  check({ key }) {
    checkOrigin(key, 'AWS_KMS');
    checkRotatable(key);
  },
  async execute({ backend, key }) {
    await changeKey(backend, key, (record, { keys }) => {
      checkState(ROTATABLE, record);
      checkRotatable(record);
      for (const other of relatedTo(keys, record)) keys.put({ ...other, rotation: undefined });
      return { ...record, rotation: undefined };
    });
    return { members: {} };
  },
});
