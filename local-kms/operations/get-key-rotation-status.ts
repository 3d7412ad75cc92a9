import { checkOrigin } from '../keys/check-origin.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { KEY_STATES, type KeyRecord } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const getKeyRotationStatus = keyOperation({
  name: 'GetKeyRotationStatus',
  input: { KeyId: required(KEY_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  crossAccount: true,
  states: KEY_STATES,
  // An asymmetric or HMAC key is answered too: its rotation is not enabled.
  check: ({ key }) => checkOrigin(key, 'AWS_KMS'),
  execute({ key }) {
    const rotation = isToGo(key) ? undefined : key.rotation;
    return {
      members: {
        KeyId: arnOf(key),
        KeyRotationEnabled: rotation !== undefined,
        RotationPeriodInDays: rotation?.periodInDays,
        NextRotationDate: rotation?.nextDate,
      },
    };
  },
});

/** Such a key is not rotated; if its deletion is cancelled it is again. */
function isToGo({ keyState }: KeyRecord): boolean {
  return keyState === 'PendingDeletion' || keyState === 'PendingReplicaDeletion';
}
