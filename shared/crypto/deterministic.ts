import { p384 } from '@noble/curves/nist.js';
import { sha384 } from '@noble/hashes/sha2.js';

/** A P-384 key whose signatures are the same in every run. */
export interface DeterministicSigner {
  /** SEC1 uncompressed point, 97 bytes. */
  readonly publicPoint: Uint8Array;
  /** ECDSA with SHA-384 and the nonce of RFC 6979: `r || s`, 96 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The key that belongs to a label. For fixtures only: whoever reads the label has the key, and
 * JavaScript does not sign in constant time.
 */
export function createDeterministicSigner(label: string): DeterministicSigner {
  const secretKey = sha384(new TextEncoder().encode(`TESTONLY ${label}`));
  return {
    publicPoint: p384.getPublicKey(secretKey, false),
    sign: (message) => p384.sign(message, secretKey, { lowS: false }),
  };
}
