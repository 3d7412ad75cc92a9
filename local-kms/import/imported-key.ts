import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { encodeHex } from '../../shared/encoding.ts';
import { checkPkcs8, isKeyPair, type KeyPairForm } from '../../shared/key-pair/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import { Secret } from '../../shared/secret.ts';
import { formOf } from '../keys/specs.ts';
import type { KeyRecord } from '../store/records.ts';

/** Key material that fits its key. */
export interface ImportedKey {
  /** The same for the same material and KMS key, 64 hex digits. */
  readonly id: string;
  /** A raw symmetric or HMAC key, or a PKCS #8 private key as OpenSSL writes it. */
  readonly bytes: Secret;
  /** DER SubjectPublicKeyInfo; asymmetric keys only. */
  readonly publicKey?: Uint8Array;
}

/**
 * Reads unwrapped key material: as many bytes as the spec asks for, or a PKCS #8 private key of
 * just that spec whose halves belong together. Disposes of what it is given.
 *
 * @throws {KmsServiceError} IncorrectKeyMaterialException
 */
export function parseImportedKey(
  material: Secret,
  { keyId, keySpec }: Pick<KeyRecord, 'keyId' | 'keySpec'>,
): ImportedKey {
  const form = formOf(keySpec);
  if (form.type === 'secret') return readSecret(material, keyId, form.bytes);
  try {
    const privateKey = material.reveal((pkcs8) => readPrivateKey(pkcs8, form));
    const publicKey = createPublicKey(privateKey);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    if (!isKeyPair(form, privateKey, publicKey)) throw incorrectKeyMaterial();
    return {
      id: materialId(keyId, spki),
      bytes: new Secret(privateKey.export({ format: 'der', type: 'pkcs8' })),
      publicKey: spki,
    };
  } finally {
    material.dispose();
  }
}

export function incorrectKeyMaterial(): KmsServiceError {
  return new KmsServiceError('IncorrectKeyMaterialException');
}

function readSecret(material: Secret, keyId: string, length: number): ImportedKey {
  if (material.length === length) {
    return { id: material.reveal((raw) => materialId(keyId, raw)), bytes: material };
  }
  material.dispose();
  throw incorrectKeyMaterial();
}

/**
 * Depends on the key and the material alone, so that the same material is known again after it was
 * deleted. Who can test a guess at the material with it could do so with any ciphertext.
 *
 * @param material - or the public half, which has one form where a private key has several.
 */
function materialId(keyId: string, material: Uint8Array): string {
  const id = hkdfSync('sha256', material, '', `key material id/${keyId}`, 32);
  return encodeHex(new Uint8Array(id));
}

function readPrivateKey(pkcs8: Uint8Array, form: KeyPairForm): KeyObject {
  try {
    checkPkcs8(pkcs8, form);
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch {
    throw incorrectKeyMaterial();
  }
}
