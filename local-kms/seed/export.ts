import { stringify } from 'yaml';
import { encodeBase64 } from '../../shared/encoding.ts';
import type { Backend } from '../backend.ts';
import { revealMaterial } from '../keys/material.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';
import { EVERY, type Store } from '../store/store.ts';

/**
 * Writes what a store has as a seed file: keys with their material IN THE CLEAR, aliases, grants.
 *
 * Principals are not in the store: they stay in the seed that named them.
 */
export function exportSeed({ store, vault }: Pick<Backend, 'store' | 'vault'>): string {
  const keys = store.keys.all();
  return stringify({
    keys: keys.map((key) => describeKey(key, store, vault)),
    grants: keys.flatMap((key) => store.grants.of(key)),
  });
}

function describeKey(record: KeyRecord, store: Store, vault: Backend['vault']) {
  const { version, publicKey, materials, pendingMaterial, tags, ...rest } = record;
  const describe = (material: KeyMaterial) => describeMaterial(vault, record, material);
  return {
    ...rest,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    aliases: store.aliases.of(record, EVERY).map(({ name }) => name),
    materials: materials.map(describe),
    ...(pendingMaterial === undefined ? {} : { pendingMaterial: describe(pendingMaterial) }),
  };
}

function describeMaterial(vault: Backend['vault'], record: KeyRecord, material: KeyMaterial) {
  const { sealed, ...rest } = material;
  if (sealed === undefined) return rest;
  const secret = revealMaterial({ vault }, record, { ...material, sealed });
  try {
    return { ...rest, key: secret.reveal(encodeBase64) };
  } finally {
    secret.dispose();
  }
}
