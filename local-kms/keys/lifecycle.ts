import type { KeyRecord } from '../store/records.ts';
import { awaitsImport, expireMaterial } from './expiry.ts';

/**
 * A key as time has left it: what it was to become at a certain time, it is from that time on,
 * whether or not the store has been told. Rotation alone needs the store: see keepUp.
 *
 * @param now - seconds since the Unix epoch.
 * @returns undefined for a key that is deleted by then.
 */
export function settleKey(record: KeyRecord, now: number): KeyRecord | undefined {
  const { keyState, deletionDate } = record;
  if (keyState === 'PendingDeletion' && deletionDate !== undefined && deletionDate <= now) {
    return undefined;
  }
  const settled = expireMaterial(record, now);
  const isUsable = keyState === 'Enabled' || keyState === 'Disabled';
  return isUsable && awaitsImport(settled) ? { ...settled, keyState: 'PendingImport' } : settled;
}

/** The automatic rotation that goes on: not while a key is disabled; a replica follows its primary. */
export function rotationOf({ keyState, multiRegion, rotation }: KeyRecord): KeyRecord['rotation'] {
  return keyState === 'Enabled' && multiRegion !== 'REPLICA' ? rotation : undefined;
}

/**
 * When a key next becomes something else by itself: it is deleted, its material expires or it is
 * rotated.
 */
export function dueDateOf(record: KeyRecord): number | undefined {
  const { deletionDate, materials, pendingMaterial, keyState } = record;
  const dates = [
    keyState === 'PendingDeletion' ? deletionDate : undefined,
    pendingMaterial?.validTo,
    ...materials.map(({ validTo }) => validTo),
    rotationOf(record)?.nextDate,
  ].filter((date) => date !== undefined);
  return dates.length === 0 ? undefined : Math.min(...dates);
}
