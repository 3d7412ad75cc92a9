import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDefinite, encodeOid } from '../../../shared/asn1/index.ts';
import { checkPkcs8 } from '../../../shared/key-pair/index.ts';
import { createOwnKeyPair } from '../../support/key-import.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const RSA = { type: 'rsa', modulusLength: 2048 } as const;
const P256 = { type: 'ec', namedCurve: 'prime256v1' } as const;

const own = createOwnKeyPair('RSA_2048').privateKey;
const jwk = createPrivateKey({ key: own, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });

const integer = (bytes: Uint8Array): Uint8Array =>
  encodeDefinite(0x02, ...((bytes[0] ?? 0) >= 0x80 ? [Uint8Array.of(0)] : []), bytes);

type Numbers = Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', Uint8Array>;

const number = (name: keyof JsonWebKey): Uint8Array =>
  Uint8Array.from(Buffer.from(String(jwk[name]), 'base64url'));

const NUMBERS: Numbers = {
  n: number('n'),
  e: number('e'),
  d: number('d'),
  p: number('p'),
  q: number('q'),
  dp: number('dp'),
  dq: number('dq'),
  qi: number('qi'),
};

/** An RSA key with numbers of one's own. */
const encode = (changes: Partial<Numbers>, ...more: Uint8Array[]): Uint8Array => {
  const numbers = Object.values({ ...NUMBERS, ...changes }).map(integer);
  const zero = integer(Uint8Array.of(0));
  const algorithm = encodeDefinite(0x30, encodeOid('1.2.840.113549.1.1.1'), encodeDefinite(0x05));
  const key = encodeDefinite(0x30, zero, ...numbers, ...more);
  return encodeDefinite(0x30, zero, algorithm, encodeDefinite(0x04, key));
};

const isRefused = (bytes: Uint8Array, form: typeof RSA | typeof P256 = RSA): boolean => {
  try {
    checkPkcs8(bytes, form);
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^ASN1_/) });
    return true;
  }
};

describe('checkPkcs8', () => {
  it('lets pass what OpenSSL writes', () => {
    expect(Buffer.from(encode({}))).toEqual(own);
    checkPkcs8(own, RSA);
    checkPkcs8(createOwnKeyPair('ECC_NIST_P256').privateKey, P256);
  });

  it.each<[string, Partial<Numbers>]>([
    ['a modulus of another length', { n: NUMBERS.n.subarray(1) }],
    ['a modulus that is a bit short', { n: Uint8Array.from(NUMBERS.n).fill(0x7f, 0, 1) }],
    ['another public exponent', { e: Uint8Array.of(3) }],
    ['a longer private exponent', { d: new Uint8Array(257).fill(1) }],
    ['a prime longer than half of the modulus', { p: new Uint8Array(129).fill(1) }],
    ['a longer coefficient', { qi: new Uint8Array(129).fill(1) }],
  ])('refuses an RSA key with %s', (_, changes) => {
    expect(isRefused(encode(changes))).toBe(true);
  });

  it('refuses an RSA key of three primes', () => {
    expect(isRefused(encode({}, encodeDefinite(0x30)))).toBe(true);
  });

  it('refuses another algorithm, another curve, and what is cut off', () => {
    const ec = createOwnKeyPair('ECC_NIST_P256').privateKey;
    expect(isRefused(ec)).toBe(true);
    expect(isRefused(own, P256)).toBe(true);
    expect(isRefused(createOwnKeyPair('ECC_NIST_P384').privateKey, P256)).toBe(true);
    for (const cut of truncations(ec)) expect(isRefused(cut, P256)).toBe(true);
  });

  it('refuses in no other way, whatever byte is changed', () => {
    for (const { mutated } of oneByteMutations(own)) isRefused(mutated);
  });

  it('refuses any other bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isRefused(bytes)));
  });
});
