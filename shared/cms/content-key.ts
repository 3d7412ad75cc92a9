import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { CONTENT_KEY_BYTES } from './layout.ts';

// OpenSSL takes the hash of OAEP for MGF1 too, which is what RSAES_OAEP_SHA_256 means to KMS.
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/** Encrypts a content key to the recipient: RSAES-OAEP with SHA-256 and MGF1-SHA-256, no label. */
export function wrapContentKey(contentKey: Uint8Array, recipient: KeyObject): Uint8Array {
  return publicEncrypt({ key: recipient, ...oaep }, contentKey);
}

/**
 * Decrypts a content key, 32 bytes. The caller wipes it.
 *
 * @returns undefined if it does not decrypt, or not to 32 bytes: which of the two is not told.
 */
export function unwrapContentKey(
  encryptedKey: Uint8Array,
  privateKey: KeyObject,
): Uint8Array | undefined {
  const unwrapped = unwrapOaep(encryptedKey, privateKey);
  if (unwrapped?.length === CONTENT_KEY_BYTES) return unwrapped;
  unwrapped?.fill(0);
  return undefined;
}

/** The RSA operation alone: undefined for every ciphertext that does not decrypt. */
export function unwrapOaep(
  encryptedKey: Uint8Array,
  privateKey: KeyObject,
): Uint8Array | undefined {
  try {
    return privateDecrypt({ key: privateKey, ...oaep }, encryptedKey);
  } catch {
    return undefined;
  }
}
