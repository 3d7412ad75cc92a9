import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';

/*
 * ECDSA over a digest that was made elsewhere: Node hashes whatever it signs or verifies.
 * JavaScript does not sign in constant time: for development and tests only.
 */

/** By the names that OpenSSL has for them. */
const CURVES = { prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 } as const;

export type EcdsaCurve = keyof typeof CURVES;

/** High s is made and accepted, as everywhere but in Bitcoin. */
const OPTIONS = { prehash: false, lowS: false, format: 'der' } as const;

/**
 * Signs with the nonce of RFC 6979.
 *
 * @param privateKey - the number, at the length of the curve.
 * @returns DER, X9.62.
 */
export function signEcdsaDigest(
  curve: EcdsaCurve,
  digest: Uint8Array,
  privateKey: Uint8Array,
): Uint8Array {
  return CURVES[curve].sign(digest, privateKey, OPTIONS);
}

/** @returns false for any signature that does not hold, malformed ones included. */
export function verifyEcdsaDigest(
  curve: EcdsaCurve,
  digest: Uint8Array,
  signature: Uint8Array,
  publicPoint: Uint8Array,
): boolean {
  try {
    return CURVES[curve].verify(signature, digest, publicPoint, OPTIONS);
  } catch {
    return false;
  }
}
