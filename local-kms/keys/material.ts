import type { KeyObject } from 'node:crypto';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import { Secret } from '../../shared/secret.ts';
import type { Backend } from '../backend.ts';
import { createKeyPair } from '../cryptography/key-pairs/key-pair.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';
import { formOf } from './specs.ts';

type Identity = Pick<KeyRecord, 'account' | 'region' | 'keyId' | 'keySpec' | 'keyUsage'>;

const MATERIAL_ID_BYTES = 32;

export interface NewMaterial {
  readonly material: KeyMaterial;
  /** Base64 of the DER SubjectPublicKeyInfo; asymmetric keys only. */
  readonly publicKey?: string;
}

/**
 * Makes what the key spec asks for, sealed for the record of that identity.
 *
 * @throws {KmsServiceError} UnsupportedOperationException for ML-DSA where OpenSSL has none
 */
export async function createMaterial(backend: Backend, identity: Identity): Promise<NewMaterial> {
  const form = formOf(identity.keySpec);
  if (form.type === 'secret') {
    return {
      material: sealMaterial(backend, identity, new Secret(backend.randomBytes(form.bytes))),
    };
  }
  const { publicKey, privateKey } = await createKeyPair(form);
  return {
    material: sealMaterial(backend, identity, privateKey),
    publicKey: encodeBase64(publicKey),
  };
}

/**
 * Seals a raw symmetric or HMAC key, or a PKCS #8 private key, for the record of that identity.
 * Disposes of it.
 *
 * @param id - a random one unless the material has its own already.
 */
export function sealMaterial(
  backend: Pick<Backend, 'vault' | 'randomBytes'>,
  identity: Identity,
  bytes: Secret,
  id = encodeHex(backend.randomBytes(MATERIAL_ID_BYTES)),
): { readonly id: string; readonly sealed: string } {
  try {
    return { id, sealed: bytes.reveal((raw) => backend.vault.seal(labelOf(identity, id), raw)) };
  } finally {
    bytes.dispose();
  }
}

/** The same material for the record of another identity. */
export function resealMaterial(
  backend: Backend,
  material: KeyMaterial,
  from: Identity,
  to: Identity,
): KeyMaterial {
  const { id, sealed } = material;
  if (sealed === undefined) return material;
  const bytes = backend.vault.open(labelOf(from, id), sealed);
  return { ...material, ...sealMaterial(backend, to, bytes, id) };
}

/** The material that new ciphertexts are made with; undefined until the first one is imported. */
export function findCurrentMaterial({ materials }: KeyRecord): KeyMaterial | undefined {
  return materials[0];
}

/** The material that new ciphertexts are made with, of a key that is not pending import. */
export function currentMaterial(record: KeyRecord): KeyMaterial {
  const current = findCurrentMaterial(record);
  if (current === undefined) throw new Error('a key that is in use has material');
  return current;
}

/** A material as OpenSSL's key: a secret key, or the private key of a pair. */
export function openMaterial(
  backend: Backend,
  record: KeyRecord,
  material: KeyMaterial,
): KeyObject {
  const type = formOf(record.keySpec).type === 'secret' ? 'secret' : 'private';
  if (material.sealed === undefined) throw new Error('material in use is not deleted');
  return backend.vault.openKey(type, labelOf(record, material.id), material.sealed);
}

/** The bytes of a material, for an export. The caller disposes of them. */
export function revealMaterial(
  { vault }: Pick<Backend, 'vault'>,
  record: KeyRecord,
  { id, sealed }: { readonly id: string; readonly sealed: string },
): Secret {
  return vault.open(labelOf(record, id), sealed);
}

/** The private key, or the secret, of a key that has one material. */
export function openCurrent(backend: Backend, record: KeyRecord): KeyObject {
  return openMaterial(backend, record, currentMaterial(record));
}

/** Names spec and usage too: whoever can write the store cannot turn a key into another kind. */
function labelOf(identity: Identity, materialId: string): string {
  const { account, region, keyId, keySpec, keyUsage } = identity;
  return ['key', account, region, keyId, keySpec, keyUsage, materialId].join('/');
}
