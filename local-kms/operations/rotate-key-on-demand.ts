import { KmsServiceError } from '../../shared/kms/index.ts';
import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { checkRotatable, rotateToNewMaterial, rotateToPendingMaterial } from '../keys/rotation.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { keyOperation } from './operation.ts';
import { USABLE } from './states.ts';

const MAX_ON_DEMAND_ROTATIONS = 25;
/** So long before an automatic rotation there is no other one. */
const QUIET_SECONDS = 20 * 60;

export const rotateKeyOnDemand = keyOperation({
  name: 'RotateKeyOnDemand',
  input: { KeyId: required(KEY_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: USABLE,
  check({ backend, key }) {
    checkRotatable(key);
    checkLimit(key);
    checkSchedule(key, backend.now() / 1000);
    checkPending([key, ...relatedTo(backend.store.keys, key)]);
  },
  async execute({ backend, key }) {
    const rotation = { date: backend.now() / 1000, type: 'ON_DEMAND' } as const;
    await changeKey(backend, key, (record, { keys }) => {
      checkState(USABLE, record);
      checkRotatable(record);
      checkLimit(record);
      const all = [record, ...relatedTo(keys, record)] as const;
      checkPending(all);
      const [rotated, ...others] =
        record.origin === 'EXTERNAL'
          ? all.map((one) => rotateToPendingMaterial(one, rotation))
          : rotateToNewMaterial(backend, all, rotation);
      for (const other of others) keys.put(other);
      return rotated ?? record;
    });
    return { members: { KeyId: arnOf(key) } };
  },
});

function checkLimit(key: KeyRecord): void {
  const rotations = key.materials.filter(({ rotation }) => rotation?.type === 'ON_DEMAND');
  if (rotations.length < MAX_ON_DEMAND_ROTATIONS) return;
  throw new KmsServiceError(
    'LimitExceededException',
    `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arnOf(key)}`,
  );
}

/** The text is not recorded from the service. */
function checkSchedule(key: KeyRecord, now: number): void {
  if (key.rotation === undefined || key.rotation.nextDate - now > QUIET_SECONDS) return;
  throw new KmsServiceError(
    'ConflictException',
    `An automatic rotation is scheduled to begin within the next 20 minutes for this key: ${arnOf(key)}`,
  );
}

/** Imported material must wait in the key and in all of its replicas. */
function checkPending([key, ...replicas]: readonly [KeyRecord, ...KeyRecord[]]): void {
  if (key.origin !== 'EXTERNAL') return;
  if ([key, ...replicas].every(({ pendingMaterial }) => pendingMaterial?.sealed !== undefined)) {
    return;
  }
  throw new KmsServiceError(
    'KMSInvalidStateException',
    `No available key material pending rotation for the key: ${arnOf(key)}.`,
  );
}
