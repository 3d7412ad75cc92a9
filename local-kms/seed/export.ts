import { stringify } from 'yaml';
import { encodeBase64 } from '../../shared/encoding.ts';
import { ConfigError } from '../../shared/errors.ts';
import type { Backend } from '../backend.ts';
import { revealMaterial } from '../keys/material.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';
import { EVERY, type Store } from '../store/store.ts';
import { disposeSeed, parseSeed } from './seed.ts';

/**
 * Writes what a store has as a seed file: keys with their material IN THE CLEAR, aliases, grants.
 *
 * Principals are not in the store: they stay in the seed that named them.
 *
 * @throws {ConfigError} LOCAL_KMS_EXPORT if the file could not be read as a seed: it would be too
 *   long, or have too many keys or grants, or a tag that is named `__proto__`.
 */
export function exportSeed({ store, vault }: Pick<Backend, 'store' | 'vault'>): string {
  const keys = store.keys.all();
  const text = stringify({
    keys: keys.map((key) => describeKey(key, store, vault)),
    grants: keys.flatMap((key) => store.grants.of(key)),
  });
  checkReadable(text);
  return text;
}

/** By reading it, so that there is no limit on seeds that an export does not know. */
function checkReadable(text: string): void {
  try {
    disposeSeed(parseSeed(text));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      'LOCAL_KMS_EXPORT',
      `what the store has would be refused as a seed: ${error.message}`,
    );
  }
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
