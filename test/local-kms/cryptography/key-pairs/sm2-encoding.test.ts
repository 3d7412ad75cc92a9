import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeSm2Ciphertext,
  encodeSm2Signature,
  parseSm2Ciphertext,
  parseSm2Signature,
} from '../../../../local-kms/cryptography/key-pairs/sm2-encoding.ts';
import { oneByteMutations, truncations } from '../../../support/mutations.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const number = fc.uint8Array({ minLength: 32, maxLength: 32 });
const small = fc
  .tuple(fc.nat({ max: 32 }), number)
  .map(([zeros, value]) => value.map((byte, i) => (i < zeros ? 0 : byte)));

describe('SM2 signatures in DER', () => {
  it('has numbers in as few bytes as there may be', () => {
    const signature = {
      r: Uint8Array.of(...new Uint8Array(31), 0x7f),
      s: Uint8Array.of(...new Uint8Array(31), 0x80),
    };
    const der = encodeSm2Signature(signature);
    expect(Buffer.from(der).toString('hex')).toBe('300702017f02020080');
    expect(parseSm2Signature(der)).toEqual(signature);
  });

  it('parses what it encodes', () => {
    fc.assert(
      fc.property(small, small, (r, s) => {
        expect(parseSm2Signature(encodeSm2Signature({ r, s }))).toEqual({ r, s });
      }),
    );
  });

  it('has one encoding for one signature', () => {
    const der = encodeSm2Signature({
      r: new Uint8Array(32).fill(1),
      s: new Uint8Array(32).fill(2),
    });
    for (const { mutated } of oneByteMutations(der)) {
      const parsed = parseSm2Signature(mutated);
      if (parsed !== undefined) expect(encodeSm2Signature(parsed)).toEqual(mutated);
    }
    for (const cut of truncations(der)) expect(parseSm2Signature(cut)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['one number', '3003020101'],
    ['three numbers', '3009020101020101020101'],
    ['a negative number', '30060201ff020101'],
    ['a padded number', '300702020001020101'],
    ['a number of 257 bits', `3026022101${'00'.repeat(32)}020101`],
    ['an octet string', '3006040101020101'],
    ['bytes behind', '300602010102010100'],
  ])('refuses %s', (_name, hex) => {
    expect(parseSm2Signature(bytes(hex))).toBeUndefined();
  });
});

describe('SM2 ciphertexts in DER', () => {
  const encode = (digest: Uint8Array, masked: Uint8Array) =>
    encodeSm2Ciphertext({ point: Uint8Array.of(4, ...new Uint8Array(64).fill(1)), digest, masked });

  it('parses what it encodes', () => {
    fc.assert(
      fc.property(
        small,
        small,
        number,
        fc.uint8Array({ maxLength: 300 }),
        (x, y, digest, masked) => {
          const ciphertext = { point: Uint8Array.of(4, ...x, ...y), digest, masked };
          expect(parseSm2Ciphertext(encodeSm2Ciphertext(ciphertext))).toEqual(ciphertext);
        },
      ),
    );
  });

  it('refuses what is cut, and what has bytes behind', () => {
    const der = encode(new Uint8Array(32), new Uint8Array(10));
    for (const cut of truncations(der)) expect(parseSm2Ciphertext(cut)).toBeUndefined();
    expect(parseSm2Ciphertext(Uint8Array.of(...der, 0))).toBeUndefined();
  });

  it('parses or refuses any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        expect(parseSm2Ciphertext(input)).toBeUndefined();
      }),
    );
  });
});
