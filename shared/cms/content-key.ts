import { constants, type KeyObject, privateDecrypt, publicEncrypt, webcrypto } from 'node:crypto';
import { CONTENT_KEY_BYTES } from './layout.ts';

// OpenSSL takes the hash of OAEP for MGF1 too, which is what RSAES_OAEP_SHA_256 means to KMS.
const { subtle } = webcrypto;
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;
const webOaep = { name: 'RSA-OAEP', hash: 'SHA-256' } as const;

/** A private key for the thread pool. WebCrypto does one operation after the other on each. */
export type PoolKey = webcrypto.CryptoKey;

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
  return checkContentKey(unwrapOaep(encryptedKey, privateKey));
}

/** As {@link unwrapContentKey}, in the thread pool. */
export async function unwrapContentKeyInPool(
  encryptedKey: Uint8Array,
  privateKey: PoolKey,
): Promise<Uint8Array | undefined> {
  return checkContentKey(await unwrapOaepInPool(encryptedKey, privateKey));
}

function checkContentKey(unwrapped: Uint8Array | undefined): Uint8Array | undefined {
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

/** As {@link unwrapOaep}, in the thread pool. */
export async function unwrapOaepInPool(
  encryptedKey: Uint8Array,
  privateKey: PoolKey,
): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await subtle.decrypt(webOaep, privateKey, encryptedKey));
  } catch {
    return undefined;
  }
}

/** Copies a private key for the thread pool as many times as asked for, and wipes the PKCS #8. */
export async function importForPool(
  privateKey: KeyObject,
  copies: number,
): Promise<readonly PoolKey[]> {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const importOne = (): Promise<PoolKey> =>
    subtle.importKey('pkcs8', pkcs8, webOaep, false, ['decrypt']);
  try {
    return await Promise.all(Array.from({ length: copies }, importOne));
  } finally {
    pkcs8.fill(0);
  }
}
