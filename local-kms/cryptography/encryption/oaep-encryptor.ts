import { Buffer } from 'node:buffer';
import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { Secret } from '../../../shared/secret.ts';
import { importPublicKey } from '../key-pairs/public-key.ts';
import type { Encryptor } from './encryptor.ts';

const HASHES = { sha1: 20, sha256: 32 } as const;

/** RSAES-OAEP with the hash for MGF1 too, and an empty label: RFC 8017 section 7.1. */
export function createOaepEncryptor(oaepHash: keyof typeof HASHES): Encryptor {
  const options = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash };
  return {
    maxPlaintextBytes: (modulusLength) => modulusLength / 8 - 2 * HASHES[oaepHash] - 2,
    encrypt: ({ publicKey, plaintext }) =>
      publicEncrypt({ key: importPublicKey(publicKey), ...options }, plaintext),
    decrypt({ privateKey, ciphertext }) {
      try {
        return new Secret(privateDecrypt({ key: privateKey, ...options }, Buffer.from(ciphertext)));
      } catch {
        return undefined;
      }
    },
  };
}
