import type { KeyObject } from 'node:crypto';
import type { RandomBytes } from '../../random.ts';

export interface SignInput {
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The message or its digest. */
  readonly message: Uint8Array;
  readonly randomBytes: RandomBytes;
}

export interface VerifyInput {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** One signing algorithm, for messages or for digests. */
export interface Signer {
  sign(input: SignInput): Uint8Array | Promise<Uint8Array>;
  /** @returns false for any signature that does not hold, malformed ones included. */
  verify(input: VerifyInput): boolean;
}
