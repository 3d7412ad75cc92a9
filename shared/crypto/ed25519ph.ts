import { ed25519ph } from '@noble/curves/ed25519.js';

/*
 * Ed25519ph, RFC 8032 section 5.1, with an empty context: OpenSSL has it from 3.2 on, and Node lets
 * none of it out. JavaScript does not sign in constant time: for development and tests only.
 */

/** @param privateKey - the 32 bytes of RFC 8032. */
export function signEd25519ph(message: Uint8Array, privateKey: Uint8Array): Uint8Array {
  return ed25519ph.sign(message, privateKey);
}

/** @returns false for any signature that does not hold, malformed ones included. */
export function verifyEd25519ph(
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  try {
    // Not ZIP 215, noble's default: FIPS 186-5 takes canonical encodings only.
    return ed25519ph.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
