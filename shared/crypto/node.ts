import { Buffer } from 'node:buffer';
import { createPublicKey, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { FormatError } from '../errors.ts';
import type { CryptoEngine, P384PublicKey } from './engine.ts';

/** DER of an id-ecPublicKey, secp384r1 SubjectPublicKeyInfo up to the 97 bytes of the point. */
const SPKI_PREFIX = Uint8Array.from([
  0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
  0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
]);
const POINT_LENGTH = 97;
const SIGNATURE_LENGTH = 96;
/** `r || s`. */
const dsaEncoding = 'ieee-p1363';

class NodeP384PublicKey implements P384PublicKey {
  readonly curve = 'P-384';
  readonly key: KeyObject;
  constructor(key: KeyObject) {
    this.key = key;
  }
}

export interface NodeEngineOptions {
  /**
   * Where a signature is verified: in the thread pool, or by the caller, who waits 0.6 ms for it. The
   * way to the pool and back costs a tenth of that, which is wasted where nothing else waits for the
   * event loop: in a command, in a worker thread, in a function that takes one request at a time.
   */
  readonly verifyIn?: 'pool' | 'caller';
}

/** The engine on OpenSSL. Signatures are verified off the event loop unless `verifyIn` says else. */
export function createNodeEngine({ verifyIn = 'pool' }: NodeEngineOptions = {}): CryptoEngine {
  const verifyEcdsa = verifyIn === 'pool' ? verifyInPool : verifyInCaller;
  return {
    name: 'node',
    sha256: (data) => new Uint8Array(hash('sha256', data, 'buffer')),
    sha384: (data) => new Uint8Array(hash('sha384', data, 'buffer')),
    importP384,
    verifyP384(key, message, signature) {
      if (!(key instanceof NodeP384PublicKey)) throw new TypeError('the key is of another engine');
      if (signature.length !== SIGNATURE_LENGTH) return Promise.resolve(false);
      return verifyEcdsa(key.key, message, signature);
    },
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  };
}

function importP384(point: Uint8Array): P384PublicKey {
  if (point.length !== POINT_LENGTH || point[0] !== 0x04) {
    throw new FormatError(
      'CERT_KEY',
      `expected an uncompressed P-384 point of ${POINT_LENGTH} bytes`,
    );
  }
  try {
    // SPKI DER imports 3.5 times faster than a JWK, and OpenSSL checks that the point is on the curve.
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, point]),
      format: 'der',
      type: 'spki',
    });
    return new NodeP384PublicKey(key);
  } catch {
    throw new FormatError('CERT_KEY', 'expected a point on P-384, got one that is not');
  }
}

function verifyInPool(
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => {
    verify('sha384', message, { key, dsaEncoding }, signature, (error, holds) =>
      resolve(error === null && holds),
    );
  });
}

async function verifyInCaller(
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    return verify('sha384', message, { key, dsaEncoding }, signature);
  } catch {
    return false;
  }
}
