import { changeKey } from '../keys/change.ts';
import { checkOrigin } from '../keys/check-origin.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { checkRotatable, scheduleRotation } from '../keys/rotation.ts';
import { KEY_ID } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { conditionKeys, keyOperation } from './operation.ts';
import { ROTATABLE } from './states.ts';

const DEFAULT_DAYS = 365;

const input = {
  KeyId: required(KEY_ID),
  RotationPeriodInDays: optional({ type: 'integer', min: 90, max: 2560 }),
} as const;

export const enableKeyRotation = keyOperation({
  name: 'EnableKeyRotation',
  input,
  conditions: (request) => conditionKeys({ 'kms:RotationPeriodInDays': String(daysOf(request)) }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: ROTATABLE,
  check({ key }) {
    checkOrigin(key, 'AWS_KMS');
    checkRotatable(key);
  },
  async execute({ backend, request, key }) {
    const rotation = scheduleRotation(daysOf(request), backend.now() / 1000);
    await changeKey(backend, key, (record, { keys }) => {
      checkState(ROTATABLE, record);
      checkRotatable(record);
      for (const other of relatedTo(keys, record)) keys.put({ ...other, rotation });
      return { ...record, rotation };
    });
    return { members: {} };
  },
});

function daysOf({ RotationPeriodInDays }: RequestOf<typeof input>): number {
  return RotationPeriodInDays ?? DEFAULT_DAYS;
}
