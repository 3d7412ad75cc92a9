import type { KeyObject } from 'node:crypto';
import {
  expectSequence,
  expectUniversal,
  parseDer,
  readBitString,
  readOctetString,
} from '../../../shared/asn1/index.ts';
import { Secret } from '../../../shared/secret.ts';

/*
 * Keys without their ASN.1, for what OpenSSL has and Node does not let out: not JWK, which would
 * make strings of them, and knows no SM2.
 */

const MAX_KEY_BYTES = 1024;

/**
 * The private number of an EC key, at the length of its curve: RFC 5915 section 3. The caller
 * disposes of it.
 */
export function rawEcPrivateKey(key: KeyObject): Secret {
  return usePrivateKey(key, (inner) => {
    const [, privateKey] = expectSequence(parse(inner), 'ECPrivateKey');
    return readOctetString(privateKey, 'privateKey');
  });
}

/** The 32 bytes of an Ed25519 key: RFC 8410 section 7. The caller disposes of them. */
export function rawEd25519PrivateKey(key: KeyObject): Secret {
  return usePrivateKey(key, (inner) => readOctetString(parse(inner), 'CurvePrivateKey'));
}

/** The subjectPublicKey of a SubjectPublicKeyInfo: an EC point, or the bytes of an Ed25519 key. */
export function rawPublicKey(spki: Uint8Array): Uint8Array {
  const [, subjectPublicKey] = expectSequence(parse(spki), 'SubjectPublicKeyInfo');
  return readBitString(
    expectUniversal(subjectPublicKey, 'BIT STRING', 'subjectPublicKey'),
    'subjectPublicKey',
  ).bytes;
}

/** PKCS #8, RFC 5958 section 2. `read` answers a part of what it gets, which is wiped thereafter. */
function usePrivateKey(key: KeyObject, read: (inner: Uint8Array) => Uint8Array): Secret {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  try {
    const [, , privateKey] = expectSequence(parse(pkcs8), 'PrivateKeyInfo');
    return new Secret(Uint8Array.from(read(readOctetString(privateKey, 'privateKey'))));
  } finally {
    pkcs8.fill(0);
  }
}

function parse(bytes: Uint8Array) {
  return parseDer(bytes, { maxBytes: MAX_KEY_BYTES });
}
