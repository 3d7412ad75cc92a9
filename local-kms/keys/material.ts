import type { Buffer } from 'node:buffer';
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from '../../shared/key-agreement/index.ts';
import type { Secret } from '../../shared/secret.ts';
import type { Backend } from '../backend.ts';
import type { KeyMaterial, KeyRecord } from '../store/records.ts';

const generate = promisify(generateKeyPair);

type Identity = Pick<KeyRecord, 'account' | 'region' | 'keyId' | 'keySpec' | 'keyUsage'>;

const MATERIAL_ID_BYTES = 32;
const SYMMETRIC_KEY_BYTES = 32;

export interface NewMaterial {
  readonly material: KeyMaterial;
  /** Base64 of the DER SubjectPublicKeyInfo; asymmetric keys only. */
  readonly publicKey?: string;
}

/** Makes an AES-256 key, sealed for the record of that identity. */
export function createSymmetricMaterial(backend: Backend, identity: Identity): NewMaterial {
  const key = backend.randomBytes(SYMMETRIC_KEY_BYTES);
  try {
    return { material: sealMaterial(backend, identity, key) };
  } finally {
    key.fill(0);
  }
}

/** Makes an EC key pair, its private half sealed for the record of that identity. */
export async function createAgreementMaterial(
  backend: Backend,
  identity: Identity & { readonly keySpec: AgreementSpec },
): Promise<NewMaterial> {
  const { namedCurve } = AGREEMENT_CURVES[identity.keySpec];
  const { publicKey, privateKey } = await generate('ec', { namedCurve });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    return {
      material: sealMaterial(backend, identity, pkcs8),
      publicKey: encodeBase64(publicKey.export({ format: 'der', type: 'spki' })),
    };
  } finally {
    pkcs8.fill(0);
  }
}

/** The material that new ciphertexts are made with. */
export function currentMaterial(record: KeyRecord): KeyMaterial {
  const [current] = record.materials;
  if (current === undefined) throw new Error('a key record has at least one material');
  return current;
}

/** The bytes of a material. The caller disposes of them. */
export function openMaterial(backend: Backend, record: KeyRecord, material: KeyMaterial): Secret {
  return backend.vault.open(labelOf(record, material.id), material.sealed);
}

/** The private key of an asymmetric key. */
export function openPrivateKey(backend: Backend, record: KeyRecord): KeyObject {
  const pkcs8 = openMaterial(backend, record, currentMaterial(record));
  try {
    return pkcs8.reveal((bytes) =>
      createPrivateKey({ key: bytes as Buffer, format: 'der', type: 'pkcs8' }),
    );
  } finally {
    pkcs8.dispose();
  }
}

function sealMaterial(backend: Backend, identity: Identity, bytes: Uint8Array): KeyMaterial {
  const id = encodeHex(backend.randomBytes(MATERIAL_ID_BYTES));
  return { id, sealed: backend.vault.seal(labelOf(identity, id), bytes) };
}

/** Names spec and usage too: whoever can write the store cannot turn a key into another kind. */
function labelOf(identity: Identity, materialId: string): string {
  const { account, region, keyId, keySpec, keyUsage } = identity;
  return ['key', account, region, keyId, keySpec, keyUsage, materialId].join('/');
}
