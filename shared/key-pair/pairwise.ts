import { Buffer } from 'node:buffer';
import { type KeyObject, sign, verify } from 'node:crypto';
import type { KeyPairForm } from './form.ts';

const PROBE = Buffer.from('pairwise consistency');

/**
 * Whether a private and a public key of that form belong together: what one signs, the other
 * verifies.
 *
 * To compare the public key with the one of the private key is not enough: OpenSSL takes the public
 * half that stands within an EC private key, and the numbers of an RSA key, as they are written.
 *
 * An RSA key holds what it signs with twice, as an exponent and as primes. One that is damaged in
 * the one still signs with the other, and passes.
 */
export function isKeyPair(form: KeyPairForm, privateKey: KeyObject, publicKey: KeyObject): boolean {
  const hash = hashFor(form);
  try {
    return verify(hash, PROBE, publicKey, sign(hash, PROBE, privateKey));
  } catch {
    // A number that is out of range.
    return false;
  }
}

function hashFor(form: KeyPairForm): string | null {
  switch (form.type) {
    case 'rsa':
      return 'sha256';
    case 'ec':
      // OpenSSL signs with SM2 over no other hash.
      return form.namedCurve === 'SM2' ? 'sm3' : 'sha256';
    default:
      return null;
  }
}
