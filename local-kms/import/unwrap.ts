import type { KeyObject } from 'node:crypto';
import type { Secret } from '../../shared/secret.ts';
import { ENCRYPTORS } from '../cryptography/encryption/asymmetric-encryption.ts';
import type { AsymmetricAlgorithm } from '../cryptography/encryption/encryption-algorithms.ts';
import { unwrapWithPadding } from './aes-key-wrap.ts';
import type { WrappingAlgorithm } from './wrapping-algorithm.ts';

const KEY_ENCRYPTION_KEY_BYTES = 32;

/**
 * Takes the key material out of the `EncryptedKeyMaterial` of an import.
 *
 * @returns undefined if it was not wrapped by that algorithm under that key; nothing says at which
 *   step it failed. The caller disposes of the secret.
 */
export function unwrapKeyMaterial(
  algorithm: WrappingAlgorithm,
  wrappingKey: KeyObject,
  wrapped: Uint8Array,
): Secret | undefined {
  switch (algorithm) {
    case 'RSA_AES_KEY_WRAP_SHA_1':
      return unwrapInTwoSteps('RSAES_OAEP_SHA_1', wrappingKey, wrapped);
    case 'RSA_AES_KEY_WRAP_SHA_256':
      return unwrapInTwoSteps('RSAES_OAEP_SHA_256', wrappingKey, wrapped);
    default:
      return ENCRYPTORS[algorithm].decrypt({ privateKey: wrappingKey, ciphertext: wrapped });
  }
}

/** PKCS #11 CKM_RSA_AES_KEY_WRAP: an AES-256 key under RSA-OAEP, then the material under it. */
function unwrapInTwoSteps(
  algorithm: AsymmetricAlgorithm,
  wrappingKey: KeyObject,
  wrapped: Uint8Array,
): Secret | undefined {
  const modulusBytes = (wrappingKey.asymmetricKeyDetails?.modulusLength as number) / 8;
  const ciphertext = wrapped.subarray(0, modulusBytes);
  const kek = ENCRYPTORS[algorithm].decrypt({ privateKey: wrappingKey, ciphertext });
  if (kek === undefined) return undefined;
  try {
    if (kek.length !== KEY_ENCRYPTION_KEY_BYTES) return undefined;
    return kek.reveal((key) => unwrapWithPadding(key, wrapped.subarray(modulusBytes)));
  } finally {
    kek.dispose();
  }
}
