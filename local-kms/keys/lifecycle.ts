import type { KeyRecord } from '../store/records.ts';

/**
 * A key as time has left it: what it was to become at a certain time, it is from that time on,
 * whether or not the store has been told.
 *
 * @param now - seconds since the Unix epoch.
 * @returns undefined for a key that is deleted by then.
 */
export function settleKey(record: KeyRecord, now: number): KeyRecord | undefined {
  const { keyState, deletionDate } = record;
  const deleted =
    keyState === 'PendingDeletion' && deletionDate !== undefined && deletionDate <= now;
  return deleted ? undefined : record;
}
