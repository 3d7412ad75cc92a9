import { KmsServiceError } from '../../shared/kms/index.ts';
import { notFound } from '../errors.ts';
import { awaitsImport, withoutBytes, withoutPending } from '../keys/expiry.ts';
import { arnOf } from '../keys/metadata.ts';
import { checkNoReplica } from '../keys/multi-region.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';
import { incorrectKeyMaterial } from './imported-key.ts';

export interface MaterialImport {
  readonly material: KeyMaterial;
  /** What it must be for the key; without it, new if the key never had any. */
  readonly importType: 'NEW_KEY_MATERIAL' | 'EXISTING_KEY_MATERIAL' | undefined;
  /** The id that the caller says it has. */
  readonly expectedId: string | undefined;
}

/**
 * A key with imported material. The first one is current at once; another one waits for a rotation.
 * What was imported before comes back where it was, with the expiration that it has now.
 *
 * @throws {KmsServiceError} IncorrectKeyMaterialException for material that the key does not know,
 *   or for new one that it knows; KMSInvalidStateException if some waits already;
 *   UnsupportedOperationException for new material in a replica
 */
export function addMaterial(key: KeyRecord, imported: MaterialImport): KeyRecord {
  const { material, expectedId } = imported;
  const isFirst = key.materials.length === 0 && expectedId === undefined;
  const importType =
    imported.importType ?? (isFirst ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL');
  if (expectedId !== undefined && expectedId !== material.id) throw incorrectKeyMaterial();
  const changed =
    importType === 'NEW_KEY_MATERIAL' ? addNew(key, material) : restore(key, material);
  return key.keyState === 'PendingImport' && !awaitsImport(changed)
    ? { ...changed, keyState: 'Enabled' }
    : changed;
}

function addNew(key: KeyRecord, material: KeyMaterial): KeyRecord {
  const { materials, pendingMaterial } = key;
  checkNoReplica(key);
  if (materials.length === 0) return { ...key, materials: [material] };
  if ([pendingMaterial, ...materials].some((known) => known?.id === material.id)) {
    throw incorrectKeyMaterial();
  }
  if (pendingMaterial !== undefined) {
    throw new KmsServiceError(
      'KMSInvalidStateException',
      `New key material (id: ${material.id}) cannot be imported into KMS key ${arnOf(key)}, because another key material (id: ${pendingMaterial.id}) is pending rotation.`,
    );
  }
  return { ...key, pendingMaterial: material };
}

function restore(key: KeyRecord, material: KeyMaterial): KeyRecord {
  const { materials, pendingMaterial } = key;
  const merge = (known: KeyMaterial): KeyMaterial =>
    known.id === material.id
      ? { ...known, ...material, description: material.description ?? known.description }
      : known;
  if (![pendingMaterial, ...materials].some((known) => known?.id === material.id)) {
    throw incorrectKeyMaterial();
  }
  return {
    ...key,
    materials: materials.map(merge),
    pendingMaterial: pendingMaterial && merge(pendingMaterial),
  };
}

/** The material that a deletion means: the current one, unless the caller names one. */
export function materialToDelete(key: KeyRecord, id: string | undefined): KeyMaterial | undefined {
  const { materials, pendingMaterial } = key;
  if (id === undefined) return materials[0];
  const named = [pendingMaterial, ...materials].find((material) => material?.id === id);
  // The text is not recorded from the service.
  if (named === undefined) throw notFound(`Key material '${id}' does not exist`);
  return named;
}

/** A key without the bytes of a material. Only a key that is to be deleted keeps its state then. */
export function deleteMaterial(key: KeyRecord, { id }: KeyMaterial): KeyRecord {
  const { materials, pendingMaterial, keyState } = key;
  const changed = {
    ...key,
    materials: materials.map((material) =>
      material.id === id ? withoutBytes(material) : material,
    ),
    pendingMaterial: pendingMaterial?.id === id ? withoutPending(key) : pendingMaterial,
  };
  const isToGo = keyState === 'PendingDeletion' || keyState === 'PendingReplicaDeletion';
  return awaitsImport(changed) && !isToGo ? { ...changed, keyState: 'PendingImport' } : changed;
}

/** A replica that has to wait, as its primary key does, for material to be rotated to; or no more. */
export function followPending(replica: KeyRecord, primary: KeyRecord): KeyRecord {
  const { pendingMaterial } = primary;
  if (replica.pendingMaterial?.id === pendingMaterial?.id) return replica;
  return { ...replica, pendingMaterial: pendingMaterial && withoutBytes(pendingMaterial) };
}
