import { describe, expect, it } from 'vitest';
import {
  type CborInput,
  encodeByteString,
  encodeCbor,
  encodeIndefiniteMap,
} from '../../../shared/cbor/index.ts';
import { encodeHex } from '../../../shared/encoding.ts';

describe('encodeCbor', () => {
  it.each<[CborInput, string]>([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [256, '190100'],
    [65_536, '1a00010000'],
    [2 ** 32 - 1, '1affffffff'],
    [2 ** 32, '1b0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    [-1, '20'],
    [-35, '3822'],
    [-(2 ** 32), '3affffffff'],
    [-(2 ** 32) - 1, '3b0000000100000000'],
    [1n, '1b0000000000000001'],
    [null, 'f6'],
    ['é', '62c3a9'],
    [Uint8Array.of(1), '4101'],
    [new Uint8Array(256), `590100${'00'.repeat(256)}`],
    [[1, [2]], '82018102'],
    [new Map([[1, -35]]), 'a1013822'],
    [new Map([[2 ** 40, 1]]), 'a11b000001000000000001'],
    [
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      'a2616201616102',
    ],
  ])('%#: writes the shortest form, or the form asked for', (value, hex) => {
    expect(encodeHex(encodeCbor(value))).toBe(hex);
  });

  it.each([1.5, Number.NaN, 2 ** 53, -(2 ** 53)])(
    'refuses %d, which is no exact integer',
    (value) => {
      expect(() => encodeCbor(value)).toThrow(RangeError);
      expect(() => encodeCbor(new Map([['a', [value]]]))).toThrow(RangeError);
      expect(() => encodeCbor(new Map([[value, 0]]))).toThrow(RangeError);
    },
  );

  it('returns bytes that a later call does not change', () => {
    const first = encodeCbor('first');
    encodeCbor('other');
    expect(encodeHex(first)).toBe('656669727374');
  });
});

describe('encodeIndefiniteMap', () => {
  it('writes an outermost map of indefinite length with definite contents', () => {
    const bytes = encodeIndefiniteMap([
      ['a', 1n],
      ['b', new Map([[0, [null]]])],
    ]);
    expect(encodeHex(bytes)).toBe('bf61611b00000000000000016162a10081f6ff');
  });
});

describe('encodeByteString', () => {
  it.each([0, 1, 23, 24, 255, 256, 65_535])('writes %d bytes as encodeCbor does', (length) => {
    const bytes = new Uint8Array(length).fill(0xa5);
    expect(encodeByteString(bytes)).toEqual(encodeCbor(bytes));
  });

  it('refuses what needs a longer head', () => {
    expect(() => encodeByteString(new Uint8Array(65_536))).toThrow(RangeError);
  });
});
