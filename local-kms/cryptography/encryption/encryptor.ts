import type { KeyObject } from 'node:crypto';
import type { Secret } from '../../../shared/secret.ts';
import type { RandomBytes } from '../../random.ts';

/** One asymmetric encryption algorithm. */
export interface Encryptor {
  /** @param modulusLength - of an RSA key, in bits. */
  maxPlaintextBytes(modulusLength: number): number;
  encrypt(input: {
    /** DER SubjectPublicKeyInfo. */
    readonly publicKey: Uint8Array;
    readonly plaintext: Uint8Array;
    readonly randomBytes: RandomBytes;
  }): Uint8Array;
  /** @returns undefined for every ciphertext that is not one for this key. */
  decrypt(input: {
    readonly privateKey: KeyObject;
    readonly ciphertext: Uint8Array;
  }): Secret | undefined;
}
