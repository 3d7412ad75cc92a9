import { p384 } from '@noble/curves/nist.js';
import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { FormatError } from '../errors.ts';
import type { CryptoEngine, P384PublicKey } from './engine.ts';

const POINT_LENGTH = 97;
const SIGNATURE_LENGTH = 96;

class NobleP384PublicKey implements P384PublicKey {
  readonly curve = 'P-384';
  readonly point: Uint8Array;
  constructor(point: Uint8Array) {
    this.point = point;
  }
}

/** The portable engine: the same answers as OpenSSL's, in a page or a worker, about 8 times slower. */
export function createNobleEngine(): CryptoEngine {
  return { name: 'noble', sha256, sha384, importP384, verifyP384, equal };
}

function importP384(point: Uint8Array): P384PublicKey {
  if (point.length !== POINT_LENGTH || !p384.utils.isValidPublicKey(point, false)) {
    throw new FormatError('CERT_KEY', 'expected an uncompressed point on P-384');
  }
  return new NobleP384PublicKey(new Uint8Array(point));
}

async function verifyP384(
  key: P384PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!(key instanceof NobleP384PublicKey)) throw new TypeError('the key is of another engine');
  if (signature.length !== SIGNATURE_LENGTH) return false;
  try {
    // Neither COSE nor X.509 asks for low s, which noble requires unless told otherwise.
    return p384.verify(signature, message, key.point, { lowS: false, format: 'compact' });
  } catch {
    return false;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
