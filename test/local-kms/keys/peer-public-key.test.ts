import { createECDH, createPublicKey, ECDH, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePeerPublicKey } from '../../../local-kms/keys/peer-public-key.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from '../../../local-kms/keys/specs.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';

const specs = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];

function spkiOn(spec: AgreementSpec): Buffer {
  const { namedCurve } = AGREEMENT_CURVES[spec];
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
}

/** Rewrites the point of a P-256 SPKI, lengths included. */
function withPoint(point: Uint8Array): Buffer {
  const algorithm = Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex');
  const bits = Buffer.concat([Buffer.from([0x03, point.length + 1, 0]), point]);
  return Buffer.concat([Buffer.from([0x30, algorithm.length + bits.length]), algorithm, bits]);
}

const p256 = createECDH('prime256v1');
const uncompressed = p256.generateKeys();
const compressed = ECDH.convertKey(uncompressed, 'prime256v1', undefined, undefined, 'compressed');
const hybrid = ECDH.convertKey(uncompressed, 'prime256v1', undefined, undefined, 'hybrid');
const fieldPrime = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';

describe('public key of the peer', () => {
  it.each(specs)('takes a key on the curve of %s, and of no other', (spec) => {
    const spki = spkiOn(spec);
    for (const other of specs) {
      expect(parsePeerPublicKey(spki, other) !== undefined).toBe(other === spec);
    }
  });

  it('takes a compressed point as the same key', () => {
    const jwk = (point: Uint8Array) =>
      parsePeerPublicKey(withPoint(point), 'ECC_NIST_P256')?.export({ format: 'jwk' });
    expect(jwk(compressed as Buffer)).toBeDefined();
    expect(jwk(compressed as Buffer)).toEqual(jwk(uncompressed));
  });

  const offCurve = Buffer.from(uncompressed);
  offCurve[64] = (offCurve[64] as number) ^ 1;
  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['garbage', Buffer.from('garbage')],
    ['a hybrid point', withPoint(hybrid as Buffer)],
    ['the point at infinity', withPoint(Buffer.from([0]))],
    ['a point off the curve', withPoint(offCurve)],
    ['the point (0, 0)', withPoint(Buffer.concat([Buffer.from([4]), Buffer.alloc(64)]))],
    [
      'an x coordinate that is not below the field prime',
      withPoint(
        Buffer.concat([Buffer.from([4]), Buffer.from(fieldPrime, 'hex'), Buffer.alloc(32)]),
      ),
    ],
    [
      'a compressed x without a point',
      withPoint(Buffer.concat([Buffer.from([2]), Buffer.alloc(31), Buffer.from([7])])),
    ],
    ['trailing bytes', Buffer.concat([spkiOn('ECC_NIST_P256'), Buffer.alloc(1)])],
    ['a key of 8193 bytes', Buffer.alloc(8193, 0x30)],
    [
      'an RSA key',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
        format: 'der',
        type: 'spki',
      }),
    ],
    [
      'a key on secp256k1',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
        format: 'der',
        type: 'spki',
      }),
    ],
    [
      'an X25519 key',
      generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' }),
    ],
  ])('refuses %s', (_name, spki) => {
    expect(parsePeerPublicKey(spki, 'ECC_NIST_P256')).toBeUndefined();
  });

  it.skipIf(!haveOpenssl)('refuses explicit curve parameters (skipped without openssl)', () => {
    const key = openssl([
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-pkeyopt',
      'ec_param_enc:explicit',
    ]);
    const spki = openssl(['pkey', '-pubout', '-outform', 'DER'], key);
    // Node itself takes it, which is why the form is checked first.
    expect(createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' })).toBeDefined();
    expect(parsePeerPublicKey(spki, 'ECC_NIST_P256')).toBeUndefined();
  });

  it('takes no key with one byte changed for the same key', () => {
    const spki = spkiOn('ECC_NIST_P384');
    for (const { mutated } of oneByteMutations(spki)) {
      const key = parsePeerPublicKey(mutated, 'ECC_NIST_P384');
      expect(key?.export({ format: 'der', type: 'spki' }).equals(spki) ?? false).toBe(false);
    }
  });

  it('refuses arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), (bytes) => {
        expect(parsePeerPublicKey(bytes, 'ECC_NIST_P256')).toBeUndefined();
      }),
    );
  });
});
