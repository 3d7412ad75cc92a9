import { encodeBase64 } from '../../shared/encoding.ts';
import { ConfigError } from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { parseImportedKey } from '../import/imported-key.ts';
import { createMaterial, sealMaterial } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { isUsageOf, KEY_USAGES, type KeyUsage } from '../keys/specs.ts';
import { defaultPolicy } from '../policy/key-policy.ts';
import type { AliasRecord, KeyMaterial, KeyRecord } from '../store/records.ts';
import type { SeedKey, SeedMaterial } from './key.ts';
import { disposeSeed, type Seed } from './seed.ts';

/**
 * Puts what a seed has into the store, and disposes of its key material. What the store has already
 * stays as it is: a seed is where a store begins.
 *
 * @throws {ConfigError} CONFIG_INVALID for material that is not of the key's spec, and for a usage
 *   that is not of it.
 */
export async function plantSeed(backend: Omit<Backend, 'realm'>, seed: Seed): Promise<void> {
  const { store } = backend;
  try {
    const missing = seed.keys.filter((key) => store.keys.get(key, key.keyId) === undefined);
    const records: KeyRecord[] = [];
    for (const key of missing) records.push(await createRecord({ ...backend, realm: key }, key));
    const now = backend.now() / 1000;
    await store.write(({ keys, aliases, grants }) => {
      for (const record of records) keys.put(record);
      for (const alias of missing.flatMap((key) => aliasesOf(key, now))) {
        if (aliases.get(alias, alias.name) === undefined) aliases.put(alias);
      }
      const planted = new Set(records.map(arnOf));
      for (const grant of seed.grants) {
        if (planted.has(arnOf(grant))) grants.put(grant);
      }
    });
  } finally {
    disposeSeed(seed);
  }
}

async function createRecord(backend: Backend, key: SeedKey): Promise<KeyRecord> {
  const { material, materials, pendingMaterial, aliases, tags, policy, creationDate, ...rest } =
    key;
  const identity = { ...rest, keyUsage: usageOf(key) };
  checkRotation(key);
  const imported = [...(materials ?? []), ...(material === undefined ? [] : [{ key: material }])];
  const made =
    imported.length === 0 && key.keyState !== 'PendingImport'
      ? await createMaterial(backend, identity)
      : sealAll(backend, identity, imported);
  const pending = pendingMaterial && sealAll(backend, identity, [pendingMaterial]).materials[0];
  return {
    version: 1,
    ...identity,
    creationDate: creationDate ?? backend.now() / 1000,
    policy: policy ?? defaultPolicy(key),
    materials: 'material' in made ? [made.material] : made.materials,
    ...(made.publicKey === undefined ? {} : { publicKey: made.publicKey }),
    ...(pending === undefined ? {} : { pendingMaterial: pending }),
    tags: Object.entries(tags).map(([name, value]) => ({ key: name, value })),
  };
}

type Identity = Pick<KeyRecord, 'account' | 'region' | 'keyId' | 'keySpec' | 'keyUsage'>;

/** A material that comes alone has no id yet. */
type GivenMaterial = Omit<SeedMaterial, 'id'> & { readonly id?: string };

function sealAll(
  backend: Backend,
  identity: Identity,
  given: readonly GivenMaterial[],
): { readonly materials: readonly KeyMaterial[]; readonly publicKey?: string } {
  let publicKey: string | undefined;
  const materials = given.map(({ key, id, ...rest }) => {
    if (key === undefined) return { id: id ?? '', ...rest };
    const parsed = parseMaterial(identity, key);
    publicKey ??= parsed.publicKey && encodeBase64(parsed.publicKey);
    return { ...sealMaterial(backend, identity, parsed.bytes, id ?? parsed.id), ...rest };
  });
  return { materials, ...(publicKey === undefined ? {} : { publicKey }) };
}

function parseMaterial({ keyId, keySpec }: Identity, key: NonNullable<SeedMaterial['key']>) {
  try {
    return parseImportedKey(key, { keyId, keySpec });
  } catch (error) {
    if (!(error instanceof KmsServiceError)) throw error;
    throw new ConfigError('CONFIG_INVALID', `key ${keyId}: the material is not of ${keySpec}`);
  }
}

function usageOf({ keyId, keySpec, keyUsage }: SeedKey): KeyUsage {
  const possible = KEY_USAGES.filter((usage) => isUsageOf(keySpec, usage));
  const [only] = possible;
  if (keyUsage === undefined && possible.length === 1 && only !== undefined) return only;
  if (keyUsage !== undefined && possible.includes(keyUsage)) return keyUsage;
  throw new ConfigError(
    'CONFIG_INVALID',
    `key ${keyId}: expected keyUsage ${possible.join(' or ')} for ${keySpec}, got ${keyUsage ?? 'none'}`,
  );
}

/** Any other key would be given material that is none of its own when the date comes. */
function checkRotation({ keyId, keySpec, origin, rotation }: SeedKey): void {
  if (rotation === undefined || (keySpec === 'SYMMETRIC_DEFAULT' && origin === 'AWS_KMS')) return;
  throw new ConfigError(
    'CONFIG_INVALID',
    `key ${keyId}: rotation is for SYMMETRIC_DEFAULT of origin AWS_KMS, got ${keySpec} of ${origin}`,
  );
}

function aliasesOf({ aliases, region, account, keyId }: SeedKey, now: number): AliasRecord[] {
  return aliases.map((name) => ({
    version: 1,
    region,
    account,
    name,
    targetKeyId: keyId,
    creationDate: now,
    lastUpdatedDate: now,
  }));
}
