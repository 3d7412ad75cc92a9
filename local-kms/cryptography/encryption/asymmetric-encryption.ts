import type { Secret } from '../../../shared/secret.ts';
import type { Backend } from '../../backend.ts';
import { invalidCiphertext } from '../../errors.ts';
import { openCurrent } from '../../keys/material.ts';
import { formOf } from '../../keys/specs.ts';
import type { KeyRecord } from '../../store/records.ts';
import { publicKeyOf } from '../key-pairs/public-key.ts';
import type { AsymmetricAlgorithm } from './encryption-algorithms.ts';
import type { Encryptor } from './encryptor.ts';
import { createOaepEncryptor } from './oaep-encryptor.ts';
import { sm2Encryptor } from './sm2-encryptor.ts';

export const ENCRYPTORS: Readonly<Record<AsymmetricAlgorithm, Encryptor>> = {
  RSAES_OAEP_SHA_1: createOaepEncryptor('sha1'),
  RSAES_OAEP_SHA_256: createOaepEncryptor('sha256'),
  SM2PKE: sm2Encryptor,
};

/** The longest plaintext that the algorithm encrypts to the key. */
export function maxPlaintextBytes({ keySpec }: KeyRecord, algorithm: AsymmetricAlgorithm): number {
  const form = formOf(keySpec);
  return ENCRYPTORS[algorithm].maxPlaintextBytes(form.type === 'rsa' ? form.modulusLength : 0);
}

/** Encrypts at most {@link maxPlaintextBytes}, by an algorithm that is the key's. */
export function encryptTo(
  { randomBytes }: Backend,
  key: KeyRecord,
  algorithm: AsymmetricAlgorithm,
  plaintext: Uint8Array,
): Uint8Array {
  return ENCRYPTORS[algorithm].encrypt({ publicKey: publicKeyOf(key), plaintext, randomBytes });
}

/**
 * Decrypts what whoever has the public key has made, for an algorithm that is the key's.
 *
 * @throws {KmsServiceError} InvalidCiphertextException, without saying why
 */
export function decryptFrom(
  backend: Backend,
  key: KeyRecord,
  algorithm: AsymmetricAlgorithm,
  ciphertext: Uint8Array,
): Secret {
  const privateKey = openCurrent(backend, key);
  const plaintext = ENCRYPTORS[algorithm].decrypt({ privateKey, ciphertext });
  if (plaintext === undefined) throw invalidCiphertext();
  return plaintext;
}
