import { unsupported } from '../errors.ts';
import { expirationOf } from '../keys/expiry.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { KEY_ID, MARKER } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES, type KeyMaterial, type KeyRecord } from '../store/records.ts';
import type { KeyCollection } from '../store/store.ts';
import { cutPage, invalidMarker, parseMarker } from './marker.ts';
import { keyOperation } from './operation.ts';

const DEFAULT_LIMIT = 100;

export const listKeyRotations = keyOperation({
  name: 'ListKeyRotations',
  input: {
    KeyId: required(KEY_ID),
    IncludeKeyMaterial: optional({
      type: 'string',
      values: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'],
    }),
    Limit: optional({ type: 'integer', min: 1, max: 1000 }),
    Marker: optional(MARKER),
  },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  check({ key }) {
    if (key.keySpec !== 'SYMMETRIC_DEFAULT') throw unsupported();
  },
  execute({ backend, request, key }) {
    const limit = request.Limit ?? DEFAULT_LIMIT;
    const after = parseMarker(request.Marker);
    const all = entriesOf(backend.store.keys, key);
    const listed =
      request.IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
        ? all
        : all.filter(({ RotationDate }) => RotationDate !== undefined);
    const last = listed.findIndex(({ KeyMaterialId }) => KeyMaterialId === after);
    if (after !== undefined && last === -1) throw invalidMarker();
    const begin = last + 1;
    const { items, paging } = cutPage(
      listed.slice(begin, begin + limit + 1),
      limit,
      ({ KeyMaterialId }) => KeyMaterialId,
    );
    return { members: { Rotations: items, ...paging } };
  },
});

/** Every material of a key, the first one first. */
function entriesOf(keys: KeyCollection, key: KeyRecord) {
  const { materials, pendingMaterial } = key;
  const [current, ...older] = materials;
  return [
    ...older.toReversed().map((material) => entryOf(key, material, 'NON_CURRENT')),
    ...(current === undefined ? [] : [entryOf(key, current, 'CURRENT')]),
    ...(pendingMaterial === undefined
      ? []
      : [entryOf(key, pendingMaterial, pendingState(keys, key))]),
  ];
}

function entryOf(key: KeyRecord, material: KeyMaterial, KeyMaterialState: string) {
  const { id, rotation } = material;
  return {
    KeyId: key.keyId,
    KeyMaterialId: id,
    KeyMaterialState,
    RotationDate: rotation?.date,
    RotationType: rotation?.type,
    ...(key.origin === 'EXTERNAL' ? importOf(material) : {}),
  };
}

function importOf(material: KeyMaterial) {
  const isImported = material.sealed !== undefined;
  return {
    KeyMaterialDescription: material.description,
    ImportState: isImported ? 'IMPORTED' : 'PENDING_IMPORT',
    ...(isImported ? expirationOf([material]) : {}),
  };
}

function pendingState(keys: KeyCollection, key: KeyRecord): string {
  const isEverywhere = [key, ...relatedTo(keys, key)].every(
    ({ pendingMaterial }) => pendingMaterial?.sealed !== undefined,
  );
  return isEverywhere ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
}
