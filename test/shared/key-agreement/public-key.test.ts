import { createECDH, createPublicKey, ECDH, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import {
  AGREEMENT_CURVES,
  type AgreementSpec,
  compressAgreementPublicKey,
  parseAgreementPublicKey,
} from '../../../shared/key-agreement/index.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';

const specs = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];
const spkiForm = { format: 'der', type: 'spki' } as const;

function spkiOn(namedCurve: string): Buffer {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export(spkiForm);
}

const sequence = (...members: Uint8Array[]): Buffer => {
  const contents = Buffer.concat(members);
  return Buffer.concat([Buffer.from([0x30, contents.length]), contents]);
};
const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  Buffer.concat([Buffer.from([0x03, bytes.length + 1, unusedBits]), bytes]);

const idEcPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
const prime256v1 = Buffer.from('06082a8648ce3d030107', 'hex');
const asn1Null = Buffer.from('0500', 'hex');
const ecAlgorithm = sequence(idEcPublicKey, prime256v1);

/** An SPKI on P-256 of this point. */
const withPoint = (point: Uint8Array): Buffer => sequence(ecAlgorithm, bitString(point));

const p256 = createECDH('prime256v1');
const uncompressed = p256.generateKeys();
const pointAs = (form: 'compressed' | 'hybrid') =>
  ECDH.convertKey(uncompressed, 'prime256v1', undefined, undefined, form) as Buffer;
const fieldPrime = Buffer.from(
  'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff',
  'hex',
);

describe('parseAgreementPublicKey', () => {
  it.each(specs)('takes a key on the curve of %s, and of no other', (spec) => {
    const spki = spkiOn(AGREEMENT_CURVES[spec].namedCurve);
    expect(parseAgreementPublicKey(spki, spec).export(spkiForm).equals(spki)).toBe(true);
    for (const other of specs.filter((name) => name !== spec)) {
      expect(codeOf(() => parseAgreementPublicKey(spki, other))).toBe('AGREEMENT_KEY_CURVE');
    }
  });

  it('takes a compressed point as the same key', () => {
    const jwk = (point: Uint8Array) =>
      parseAgreementPublicKey(withPoint(point), 'ECC_NIST_P256').export({ format: 'jwk' });
    expect(jwk(pointAs('compressed'))).toEqual(jwk(uncompressed));
  });

  const offCurve = Buffer.from(uncompressed);
  offCurve[64] = (offCurve[64] as number) ^ 1;
  it.each<[string, string, Uint8Array]>([
    ['nothing', 'ASN1_SYNTAX', Buffer.alloc(0)],
    ['garbage', 'ASN1_SYNTAX', Buffer.from('garbage')],
    ['more than 1024 bytes', 'ASN1_TOO_LARGE', Buffer.alloc(1025, 0x30)],
    ['trailing bytes', 'ASN1_SYNTAX', Buffer.concat([withPoint(uncompressed), Buffer.alloc(1)])],
    ['a bare point', 'ASN1_UNEXPECTED', bitString(uncompressed)],
    ['no point', 'ASN1_UNEXPECTED', sequence(ecAlgorithm)],
    ['a third member', 'ASN1_UNEXPECTED', sequence(ecAlgorithm, bitString(uncompressed), asn1Null)],
    [
      'a length that is not minimal',
      'ASN1_NOT_DER',
      Buffer.concat([Buffer.from('308159', 'hex'), withPoint(uncompressed).subarray(2)]),
    ],
    [
      'an RSA key',
      'AGREEMENT_KEY_ALGORITHM',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export(spkiForm),
    ],
    [
      'an X25519 key',
      'AGREEMENT_KEY_ALGORITHM',
      generateKeyPairSync('x25519').publicKey.export(spkiForm),
    ],
    [
      'no parameters',
      'AGREEMENT_KEY_PARAMETERS',
      sequence(sequence(idEcPublicKey), bitString(uncompressed)),
    ],
    [
      'the parameters NULL',
      'AGREEMENT_KEY_PARAMETERS',
      sequence(sequence(idEcPublicKey, asn1Null), bitString(uncompressed)),
    ],
    [
      'a member after the name of the curve',
      'AGREEMENT_KEY_PARAMETERS',
      sequence(sequence(idEcPublicKey, prime256v1, asn1Null), bitString(uncompressed)),
    ],
    ['a key on secp256k1', 'AGREEMENT_KEY_CURVE', spkiOn('secp256k1')],
    ['the point at infinity', 'AGREEMENT_KEY_INFINITY', withPoint(Buffer.from([0]))],
    ['an empty point', 'AGREEMENT_KEY_POINT', withPoint(Buffer.alloc(0))],
    ['zeros in place of a point', 'AGREEMENT_KEY_POINT', withPoint(Buffer.alloc(65))],
    ['a hybrid point', 'AGREEMENT_KEY_POINT', withPoint(pointAs('hybrid'))],
    ['x alone', 'AGREEMENT_KEY_POINT', withPoint(uncompressed.subarray(0, 33))],
    ['a point one byte short', 'AGREEMENT_KEY_POINT', withPoint(uncompressed.subarray(0, 64))],
    [
      'a point that ends within a byte',
      'AGREEMENT_KEY_POINT',
      sequence(ecAlgorithm, bitString(Buffer.concat([uncompressed.subarray(0, 64), asn1Null]), 1)),
    ],
    ['a point off the curve', 'AGREEMENT_KEY_NOT_ON_CURVE', withPoint(offCurve)],
    [
      'the point (0, 0)',
      'AGREEMENT_KEY_NOT_ON_CURVE',
      withPoint(Buffer.concat([Buffer.from([4]), Buffer.alloc(64)])),
    ],
    [
      'an x coordinate that is the field prime',
      'AGREEMENT_KEY_NOT_ON_CURVE',
      withPoint(Buffer.concat([Buffer.from([4]), fieldPrime, Buffer.alloc(32)])),
    ],
    [
      'a compressed x that is the field prime',
      'AGREEMENT_KEY_NOT_ON_CURVE',
      withPoint(Buffer.concat([Buffer.from([2]), fieldPrime])),
    ],
    [
      'a compressed x without a point',
      'AGREEMENT_KEY_NOT_ON_CURVE',
      withPoint(Buffer.concat([Buffer.from([2]), Buffer.alloc(31), Buffer.from([7])])),
    ],
  ])('refuses %s: %s', (_name, code, spki) => {
    expect(codeOf(() => parseAgreementPublicKey(spki, 'ECC_NIST_P256'))).toBe(code);
  });

  it.skipIf(!haveOpenssl).each([
    ['P-256', 'ECC_NIST_P256'],
    ['P-384', 'ECC_NIST_P384'],
    ['P-521', 'ECC_NIST_P521'],
  ] as const)('refuses explicit parameters of %s (skipped without openssl)', (curve, spec) => {
    const options = [`ec_paramgen_curve:${curve}`, 'ec_param_enc:explicit'];
    const key = openssl([
      'genpkey',
      ...['-algorithm', 'EC'],
      ...options.flatMap((option) => ['-pkeyopt', option]),
    ]);
    const spki = Buffer.from(openssl(['pkey', '-pubout', '-outform', 'DER'], key));
    // Node itself takes it, which is why the form is checked first.
    expect(createPublicKey({ key: spki, ...spkiForm }).asymmetricKeyType).toBe('ec');
    expect(codeOf(() => parseAgreementPublicKey(spki, spec))).toBe('AGREEMENT_KEY_PARAMETERS');
  });

  it.each(specs)('takes no key of %s with one byte changed for the same key', (spec) => {
    const spki = spkiOn(AGREEMENT_CURVES[spec].namedCurve);
    let refused = 0;
    for (const { mutated } of oneByteMutations(spki)) {
      const code = codeOf(() => {
        const key = parseAgreementPublicKey(mutated, spec);
        expect(key.export(spkiForm).equals(spki)).toBe(false);
      });
      if (code !== undefined) refused++;
    }
    // With an uncompressed point no change leaves it on the curve: x and y must fit each other.
    expect(refused).toBe(3 * spki.length);
  });

  it('refuses a key that is cut short anywhere', () => {
    for (const cut of truncations(withPoint(uncompressed))) {
      expect(codeOf(() => parseAgreementPublicKey(cut, 'ECC_NIST_P256'))).toMatch(/^ASN1_/);
    }
  });

  it('refuses arbitrary bytes, and arbitrary points, with a code', () => {
    const arbitrary = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(fc.oneof(arbitrary, arbitrary.map(withPoint)), (spki) => {
        expect(codeOf(() => parseAgreementPublicKey(spki, 'ECC_NIST_P256'))).toMatch(
          /^(ASN1|AGREEMENT_KEY)_/,
        );
      }),
    );
  });
});

describe('compressAgreementPublicKey', () => {
  it.each(specs)('has the form that OpenSSL makes of a point of %s', (spec) => {
    const { namedCurve, coordinateBytes } = AGREEMENT_CURVES[spec];
    const signs = new Set<number>();
    // Every second key has an odd y.
    for (let i = 0; i < 64; i++) {
      const spki = spkiOn(namedCurve);
      const point = spki.subarray(-(1 + 2 * coordinateBytes));
      const expected = ECDH.convertKey(point, namedCurve, undefined, 'hex', 'compressed');
      const compressed = compressAgreementPublicKey(spki, spec);
      expect(encodeHex(compressed)).toBe(expected);
      signs.add(compressed[0] as number);
    }
    expect(signs).toEqual(new Set([2, 3]));
  });

  it.each(['Buffer', 'Uint8Array'])('leaves the %s that it is given as it is', (form) => {
    const before = withPoint(uncompressed);
    const spki = form === 'Buffer' ? Buffer.from(before) : Uint8Array.from(before);
    compressAgreementPublicKey(spki, 'ECC_NIST_P256');
    expect(before.equals(spki)).toBe(true);
  });

  it('leaves a compressed point as it is', () => {
    const spki = withPoint(pointAs('compressed'));
    expect(encodeHex(compressAgreementPublicKey(spki, 'ECC_NIST_P256'))).toBe(
      pointAs('compressed').toString('hex'),
    );
  });

  it('refuses a point off the curve', () => {
    const offCurve = Buffer.from(uncompressed);
    offCurve[64] = (offCurve[64] as number) ^ 1;
    expect(codeOf(() => compressAgreementPublicKey(withPoint(offCurve), 'ECC_NIST_P256'))).toBe(
      'AGREEMENT_KEY_NOT_ON_CURVE',
    );
  });
});
