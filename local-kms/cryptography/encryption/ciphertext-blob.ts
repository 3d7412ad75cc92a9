import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { KEY_ID_FORM } from '../../../shared/kms/index.ts';
import { Secret } from '../../../shared/secret.ts';
import type { RandomBytes } from '../../random.ts';

/*
 * The CiphertextBlob of a symmetric key. KMS does not publish its own form, and clients must not
 * look inside; this one is:
 *
 *   offset  length
 *        0       4  "NKB" and the version, 1
 *        4      12  account id of the key, ASCII
 *       16      36  key id, ASCII
 *       52      32  key material id
 *       84      12  nonce, random
 *       96       n  ciphertext, AES-256-GCM
 *   96 + n      16  tag
 *
 * Everything before the ciphertext, followed by the canonical encryption context, is the additional
 * authenticated data. A random nonce bounds the use of one key to 2^32 encryptions
 * (SP 800-38D section 8.3), which is beyond what a development server does.
 */

const MAGIC = Buffer.from([0x4e, 0x4b, 0x42, 0x01]);
const ACCOUNT_AT = 4;
const KEY_ID_AT = 16;
const MATERIAL_ID_AT = 52;
const NONCE_AT = 84;
const HEADER_BYTES = 96;
const TAG_BYTES = 16;

/** KMS takes no longer one in a request. */
export const MAX_CIPHERTEXT_BLOB_BYTES = 6144;

const ACCOUNT_FORM = /^\d{12}$/;

export interface CiphertextBlob {
  readonly account: string;
  readonly keyId: string;
  /** 64 hex digits. */
  readonly keyMaterialId: string;
  readonly header: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * Splits a blob into its parts. Nothing in it is authentic before {@link openBlob}.
 *
 * @returns undefined if the bytes are not such a blob.
 */
export function parseBlob(bytes: Uint8Array): CiphertextBlob | undefined {
  if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes.length > MAX_CIPHERTEXT_BLOB_BYTES) {
    return undefined;
  }
  if (!MAGIC.equals(bytes.subarray(0, ACCOUNT_AT))) return undefined;
  const account = Buffer.from(bytes.subarray(ACCOUNT_AT, KEY_ID_AT)).toString('latin1');
  const keyId = Buffer.from(bytes.subarray(KEY_ID_AT, MATERIAL_ID_AT)).toString('latin1');
  if (!ACCOUNT_FORM.test(account) || !KEY_ID_FORM.test(keyId)) return undefined;
  return {
    account,
    keyId,
    keyMaterialId: Buffer.from(bytes.subarray(MATERIAL_ID_AT, NONCE_AT)).toString('hex'),
    header: bytes.subarray(0, HEADER_BYTES),
    nonce: bytes.subarray(NONCE_AT, HEADER_BYTES),
    ciphertext: bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES),
    tag: bytes.subarray(bytes.length - TAG_BYTES),
  };
}

export interface SealBlobOptions {
  readonly account: string;
  readonly keyId: string;
  readonly keyMaterialId: string;
  /** 32 bytes. */
  readonly key: KeyObject;
  readonly plaintext: Uint8Array;
  /** Canonical, from encodeEncryptionContext. */
  readonly context: Uint8Array;
  readonly randomBytes: RandomBytes;
}

export function sealBlob(options: SealBlobOptions): Uint8Array {
  const nonce = options.randomBytes(HEADER_BYTES - NONCE_AT);
  const header = Buffer.concat([
    MAGIC,
    Buffer.from(options.account, 'latin1'),
    Buffer.from(options.keyId, 'latin1'),
    Buffer.from(options.keyMaterialId, 'hex'),
    nonce,
  ]);
  const cipher = createCipheriv('aes-256-gcm', options.key, nonce);
  cipher.setAAD(Buffer.concat([header, options.context]));
  return Buffer.concat([
    header,
    cipher.update(options.plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/**
 * Decrypts a blob.
 *
 * @returns undefined if the blob, its header or the context is not what was sealed under the key.
 */
export function openBlob(options: {
  readonly blob: CiphertextBlob;
  readonly key: KeyObject;
  readonly context: Uint8Array;
}): Secret | undefined {
  const { blob } = options;
  const decipher = createDecipheriv('aes-256-gcm', options.key, blob.nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.concat([blob.header, options.context]));
  decipher.setAuthTag(blob.tag);
  const plaintext = decipher.update(blob.ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return undefined;
  }
  return new Secret(plaintext);
}
