import { KmsServiceError } from '../../shared/kms/index.ts';
import { changeKey } from '../keys/change.ts';
import { cancelDeletion } from '../keys/deletion.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { KEY_STATES, type KeyRecord } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const cancelKeyDeletion = keyOperation({
  name: 'CancelKeyDeletion',
  input: { KeyId: required(KEY_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  // Whatever other state a key is in, the refusal is the same.
  states: KEY_STATES,
  check: ({ key }) => checkPendingDeletion(key),
  async execute({ backend, key }) {
    await changeKey(backend, key, (record) => {
      checkPendingDeletion(record);
      return cancelDeletion(record);
    });
    return { members: { KeyId: arnOf(key) } };
  },
});

function checkPendingDeletion(key: KeyRecord): void {
  if (key.keyState === 'PendingDeletion' || key.keyState === 'PendingReplicaDeletion') return;
  throw new KmsServiceError('KMSInvalidStateException', `${arnOf(key)} is not pending deletion.`);
}
