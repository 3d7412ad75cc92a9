import { validationError } from '../errors.ts';
import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { scheduleDeletion } from '../keys/deletion.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { KEY_ID } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { conditionKeys, keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

const DEFAULT_DAYS = 30;

const input = {
  KeyId: required(KEY_ID),
  // Of the service model; the service itself takes 7 to 30.
  PendingWindowInDays: optional({ type: 'integer', min: 1, max: 365 }),
} as const;

export const scheduleKeyDeletion = keyOperation({
  name: 'ScheduleKeyDeletion',
  input,
  conditions: (request) =>
    conditionKeys({ 'kms:ScheduleKeyDeletionPendingWindowInDays': String(daysOf(request)) }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  check({ request }) {
    const days = daysOf(request);
    if (days < 7 || days > 30) {
      throw validationError('PendingWindowInDays must be between 7 and 30');
    }
  },
  async execute({ backend, request, key }) {
    const days = daysOf(request);
    const now = backend.now() / 1000;
    const { keyState, deletionDate } = await changeKey(backend, key, (record, { keys }) => {
      checkState(CHANGEABLE, record);
      const hasReplicas = record.multiRegion === 'PRIMARY' && keys.related(record).length > 1;
      return scheduleDeletion(record, { hasReplicas, days, now });
    });
    return {
      members: {
        KeyId: arnOf(key),
        DeletionDate: deletionDate,
        KeyState: keyState,
        PendingWindowInDays: days,
      },
    };
  },
});

function daysOf({ PendingWindowInDays }: RequestOf<typeof input>): number {
  return PendingWindowInDays ?? DEFAULT_DAYS;
}
