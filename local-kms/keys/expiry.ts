import type { KeyMaterial, KeyRecord } from '../store/records.ts';

/** What remains of imported material once it is deleted: enough to know it again. */
export function withoutBytes({ id, rotation, description }: KeyMaterial): KeyMaterial {
  return {
    id,
    ...(rotation === undefined ? {} : { rotation }),
    ...(description === undefined ? {} : { description }),
  };
}

/**
 * A key without the bytes of its expired material. Material that was to be made current by a
 * rotation is not bound to the key yet, and goes altogether, unless the primary key still has it.
 *
 * @param now - seconds since the Unix epoch.
 */
export function expireMaterial(record: KeyRecord, now: number): KeyRecord {
  const hasExpired = ({ validTo }: KeyMaterial) => validTo !== undefined && validTo <= now;
  const { materials, pendingMaterial } = record;
  if (![...materials, ...(pendingMaterial ? [pendingMaterial] : [])].some(hasExpired))
    return record;
  const expired = {
    ...record,
    materials: materials.map((one) => (hasExpired(one) ? withoutBytes(one) : one)),
  };
  if (pendingMaterial === undefined || !hasExpired(pendingMaterial)) return expired;
  return { ...expired, pendingMaterial: withoutPending(record) };
}

/** What remains of the material that waits for a rotation once it is deleted. */
export function withoutPending({
  pendingMaterial,
  multiRegion,
}: KeyRecord): KeyMaterial | undefined {
  return multiRegion === 'REPLICA' && pendingMaterial !== undefined
    ? withoutBytes(pendingMaterial)
    : undefined;
}

/** Whether a key cannot be used until material is imported: all of it is needed, to decrypt with. */
export function awaitsImport({ origin, materials }: KeyRecord): boolean {
  return (
    origin === 'EXTERNAL' &&
    (materials.length === 0 || materials.some(({ sealed }) => sealed === undefined))
  );
}

/** The `ExpirationModel` and `ValidTo` of material that is there. */
export function expirationOf(materials: readonly KeyMaterial[]) {
  const dates = materials.flatMap(({ validTo }) => validTo ?? []);
  return dates.length === 0
    ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: Math.min(...dates) };
}
