import { Secret } from '../../shared/secret.ts';
import type { Backend } from '../backend.ts';
import { unsupported } from '../errors.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';
import { DAY_SECONDS } from '../time.ts';
import { sealMaterial } from './material.ts';
import { checkNoReplica } from './multi-region.ts';

const MATERIAL_BYTES = 32;

type Rotation = NonNullable<KeyMaterial['rotation']>;
type Sealer = Pick<Backend, 'vault' | 'randomBytes'>;

/**
 * Refuses what cannot be rotated: a key that is not a symmetric one, and a replica, which follows
 * its primary key.
 *
 * @throws {KmsServiceError} UnsupportedOperationException
 */
export function checkRotatable(key: KeyRecord): void {
  if (key.keySpec !== 'SYMMETRIC_DEFAULT') throw unsupported();
  checkNoReplica(key);
}

/** @param now - seconds since the Unix epoch. */
export function scheduleRotation(periodInDays: number, now: number) {
  return { periodInDays, nextDate: now + periodInDays * DAY_SECONDS };
}

/** The same keys with one new material, which each of them has sealed for itself. */
export function rotateToNewMaterial(
  backend: Sealer,
  keys: readonly KeyRecord[],
  rotation: Rotation,
): readonly KeyRecord[] {
  const bytes = backend.randomBytes(MATERIAL_BYTES);
  try {
    let id: string | undefined;
    return keys.map((key) => {
      const material = sealMaterial(backend, key, new Secret(Uint8Array.from(bytes)), id);
      id = material.id;
      return rotateTo(key, material, rotation);
    });
  } finally {
    bytes.fill(0);
  }
}

/** The same key with the material that waited for it. */
export function rotateToPendingMaterial(key: KeyRecord, rotation: Rotation): KeyRecord {
  const { pendingMaterial, ...rest } = key;
  if (pendingMaterial === undefined) throw new Error('no material waits for the rotation');
  return rotateTo(rest, pendingMaterial, rotation);
}

/**
 * Rotates a key whose date has come, and the keys that are related to it.
 *
 * Dates that passed while nobody used the key are made up for by one rotation, on the last of them:
 * nothing was encrypted in between. The schedule stays as it was.
 *
 * @param now - seconds since the Unix epoch.
 * @param keys - that have the same schedule.
 */
export function rotateOnSchedule(
  backend: Sealer,
  keys: readonly KeyRecord[],
  { periodInDays, nextDate }: NonNullable<KeyRecord['rotation']>,
  now: number,
): readonly KeyRecord[] {
  const period = periodInDays * DAY_SECONDS;
  const date = nextDate + Math.floor((now - nextDate) / period) * period;
  const rotated = rotateToNewMaterial(backend, keys, { date, type: 'AUTOMATIC' });
  return rotated.map((key) => ({ ...key, rotation: { periodInDays, nextDate: date + period } }));
}

function rotateTo(key: KeyRecord, material: KeyMaterial, rotation: Rotation): KeyRecord {
  return { ...key, materials: [{ ...material, rotation }, ...key.materials] };
}
