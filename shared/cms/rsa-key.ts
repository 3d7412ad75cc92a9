import type { KeyObject } from 'node:crypto';

/** The length of the modulus. Another key than RSA is a programming error, so it has no code. */
export function modulusBitsOf(privateKey: KeyObject): number {
  const modulusBits = privateKey.asymmetricKeyDetails?.modulusLength;
  if (privateKey.asymmetricKeyType !== 'rsa' || modulusBits === undefined) {
    throw new TypeError('an envelope opens with an RSA private key only');
  }
  return modulusBits;
}
