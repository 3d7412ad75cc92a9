import { describe, expect, it } from 'vitest';
import { type CborLimits, parseCbor } from '../../../shared/cbor/index.ts';
import { parseHex } from '../../../shared/encoding.ts';
import { codeOf } from '../../support/codes.ts';

const limits: CborLimits = { maxBytes: 64, maxDepth: 3, outermostMap: 'definite' };
const either: CborLimits = { ...limits, outermostMap: 'either' };

function check(hex: string, how: CborLimits = limits): string | undefined {
  return codeOf(() => parseCbor(parseHex(hex), how));
}

describe('refusals of the strict reader', () => {
  it.each([
    ['CBOR_TRUNCATED', 'nothing', ''],
    ['CBOR_TRUNCATED', 'an integer without its argument', '18'],
    ['CBOR_TRUNCATED', 'an integer with half its argument', '1a0001'],
    ['CBOR_TRUNCATED', 'an integer short of the last of 8 bytes', '1b00000001000000'],
    ['CBOR_TRUNCATED', 'bytes that end early', '4301'],
    ['CBOR_TRUNCATED', 'text that ends early', '6261'],
    ['CBOR_TRUNCATED', 'an array that ends early', '8201'],
    ['CBOR_TRUNCATED', 'a map that ends after a key', 'a101'],
    ['CBOR_TRUNCATED', 'a map that ends early', 'a2010203'],
    ['CBOR_TRUNCATED', 'bytes that claim 2^60', '5b1000000000000000'],
    ['CBOR_TRUNCATED', 'text that claims 2^60', '7b1000000000000000'],
    ['CBOR_TRUNCATED', 'an array that claims 2^60', '9b1000000000000000'],
    ['CBOR_TRUNCATED', 'a map that claims 2^60', 'bb1000000000000000'],
    ['CBOR_TRUNCATED', 'bytes that claim 2^64 - 1', '5bffffffffffffffff'],
    ['CBOR_TRUNCATED', 'an array that claims 2^64 - 1', '9bffffffffffffffff00'],
    ['CBOR_TRUNCATED', 'a map that claims 2^32', 'bb0000000100000000'],
    ['CBOR_TRAILING', 'a second item', '0000'],
    ['CBOR_TRAILING', 'a break after the item', 'a0ff'],
    ['CBOR_TOO_DEEP', 'four arrays', '8181818100'],
    ['CBOR_TOO_DEEP', 'four maps', 'a101a101a101a0'],
    ['CBOR_TOO_DEEP', 'an empty array at the fourth level', '81818180'],
    ['CBOR_NOT_SHORTEST', '0 in 1 byte', '1800'],
    ['CBOR_NOT_SHORTEST', '23 in 1 byte', '1817'],
    ['CBOR_NOT_SHORTEST', '255 in 2 bytes', '1900ff'],
    ['CBOR_NOT_SHORTEST', '65535 in 4 bytes', '1a0000ffff'],
    ['CBOR_NOT_SHORTEST', '2^32 - 1 in 8 bytes', '1b00000000ffffffff'],
    ['CBOR_NOT_SHORTEST', '-1 in 1 byte', '3800'],
    ['CBOR_NOT_SHORTEST', '-256 in 2 bytes', '3900ff'],
    ['CBOR_NOT_SHORTEST', '-65536 in 4 bytes', '3a0000ffff'],
    ['CBOR_NOT_SHORTEST', '-2^32 in 8 bytes', '3b00000000ffffffff'],
    ['CBOR_NOT_SHORTEST', 'a length of bytes in 1 byte', '580101'],
    ['CBOR_NOT_SHORTEST', 'a length of bytes in 2 bytes', '59000101'],
    ['CBOR_NOT_SHORTEST', 'a length of bytes in 4 bytes', '5a0000000101'],
    ['CBOR_NOT_SHORTEST', 'a length of bytes in 8 bytes', '5b000000000000000101'],
    ['CBOR_NOT_SHORTEST', 'a length of text in 1 byte', '780161'],
    ['CBOR_NOT_SHORTEST', 'a length of an array in 1 byte', '980100'],
    ['CBOR_NOT_SHORTEST', 'a length of a map in 2 bytes', 'b900010000'],
    ['CBOR_NOT_SHORTEST', 'a key in 1 byte', 'a1180000'],
    ['CBOR_DUPLICATE_KEY', 'an integer key twice', 'a201000100'],
    ['CBOR_DUPLICATE_KEY', 'a negative key twice', 'a220002000'],
    ['CBOR_DUPLICATE_KEY', 'a text key twice', 'a2616100616100'],
    ['CBOR_DUPLICATE_KEY', 'an empty text key twice', 'a260006000'],
    ['CBOR_DUPLICATE_KEY', 'a key twice in an inner map', 'a101a201000100'],
    ['CBOR_KEY', 'bytes as key', 'a1410000'],
    ['CBOR_KEY', 'an array as key', 'a18000'],
    ['CBOR_KEY', 'a map as key', 'a1a000'],
    ['CBOR_KEY', 'a tag as key', 'a1c000'],
    ['CBOR_KEY', 'true as key', 'a1f500'],
    ['CBOR_KEY', 'null as key', 'a1f600'],
    ['CBOR_UTF8', 'a stray continuation byte', '6180'],
    ['CBOR_UTF8', 'an overlong form', '62c080'],
    ['CBOR_UTF8', 'a surrogate', '63eda080'],
    ['CBOR_UTF8', 'a code point beyond Unicode', '64f4908080'],
    ['CBOR_UTF8', 'a cut sequence', '61c3'],
    ['CBOR_UTF8', 'wrong UTF-8 in a key', 'a161ff00'],
    ['CBOR_UTF8', 'a byte order mark', '63efbbbf'],
    ['CBOR_UTF8', 'a key that begins with a byte order mark', 'a164efbbbf6100'],
    ['CBOR_TAG', 'tag 18', 'd200'],
    ['CBOR_TAG', 'a bignum', 'c24101'],
    ['CBOR_TAG', 'a tag in an array', '81c000'],
    ['CBOR_TAG', 'a tag in two bytes', 'd82000'],
    ['CBOR_TAG', 'a tag in nine bytes', 'dbffffffffffffffff00'],
    ['CBOR_INTEGER_RANGE', '2^53', '1b0020000000000000'],
    ['CBOR_INTEGER_RANGE', '2^53 + 1', '1b0020000000000001'],
    ['CBOR_INTEGER_RANGE', '2^64 - 1', '1bffffffffffffffff'],
    ['CBOR_INTEGER_RANGE', '-2^53', '3b001fffffffffffff'],
    ['CBOR_INTEGER_RANGE', '-2^64', '3bffffffffffffffff'],
    ['CBOR_INTEGER_RANGE', 'a key of 2^53', 'a11b002000000000000000'],
    ['CBOR_INTEGER_RANGE', 'a key of -2^53', 'a13b001fffffffffffff00'],
    ['CBOR_UNSUPPORTED', 'undefined', 'f7'],
    ['CBOR_UNSUPPORTED', 'an unassigned simple value', 'e0'],
    ['CBOR_UNSUPPORTED', 'a simple value in two bytes', 'f820'],
    ['CBOR_UNSUPPORTED', 'a half float', 'f93c00'],
    ['CBOR_UNSUPPORTED', 'a float', 'fa3f800000'],
    ['CBOR_UNSUPPORTED', 'a double', 'fb3ff0000000000000'],
    ['CBOR_UNSUPPORTED', 'a reserved length 28', '1c'],
    ['CBOR_UNSUPPORTED', 'a reserved length 29', '5d'],
    ['CBOR_UNSUPPORTED', 'a reserved length 30', '9e'],
  ])('%s: %s', (code, _what, hex) => {
    expect(check(hex)).toBe(code);
  });

  it('CBOR_TOO_LARGE: one byte more than the limit, however it reads', () => {
    expect(check('00'.repeat(65))).toBe('CBOR_TOO_LARGE');
    expect(check(`583e${'00'.repeat(62)}`)).toBeUndefined();
  });
});

describe('indefinite lengths', () => {
  it.each([
    ['an outermost map where definite lengths are asked for', 'bfff', limits],
    ['an outermost array', '9fff', either],
    ['outermost bytes', '5f4101ff', either],
    ['outermost text', '7f6161ff', either],
    ['a map in the outermost map', 'bf01bfffff', either],
    ['an array in the outermost map', 'bf019fffff', either],
    ['bytes in the outermost map', 'bf015f4101ffff', either],
    ['text as a key of the outermost map', 'bf7f6161ff00ff', either],
    ['a map in an array', '81bfff', either],
    ['a map as a key', 'bfbfff00ff', either],
    ['an integer', '1f', either],
    ['a negative integer', '3f', either],
    ['a tag', 'df', either],
    ['a break alone', 'ff', either],
    ['a break for an item of an array', '81ff', either],
    ['a break for a value', 'bf01ff', either],
    ['a break inside of a definite map', 'a2010203ff', either],
    ['a break for the key of a definite map', 'a1ff', either],
  ])('CBOR_INDEFINITE or CBOR_KEY: %s', (_what, hex, how) => {
    expect(check(hex, how)).toMatch(/^CBOR_(INDEFINITE|KEY)$/);
  });

  it('accepts the outermost map with its break, and only with it', () => {
    expect(check('bfff', either)).toBeUndefined();
    expect(check('bf01a0ff', either)).toBeUndefined();
    expect(check('bf01a0', either)).toBe('CBOR_TRUNCATED');
    expect(check('bf', either)).toBe('CBOR_TRUNCATED');
    expect(check('bfffff', either)).toBe('CBOR_TRAILING');
    expect(check('bf01000100ff', either)).toBe('CBOR_DUPLICATE_KEY');
  });
});

describe('the edges of what is accepted', () => {
  it.each([
    '17',
    '1818',
    '18ff',
    '190100',
    '19ffff',
    '1a00010000',
    '1affffffff',
    '1b0000000100000000',
    '1b001fffffffffffff',
    '37',
    '3818',
    '390100',
    '3a00010000',
    '3b0000000100000000',
    '3b001ffffffffffffe',
    '40',
    '60',
    '80',
    'a0',
    'f4',
    'f5',
    'f6',
    '818180',
    'a20100613100',
    'a2000020f6',
  ])('%s', (hex) => {
    expect(check(hex)).toBeUndefined();
  });

  it('counts depth by arrays and maps, not by items', () => {
    expect(check('83818000a0')).toBeUndefined();
    expect(codeOf(() => parseCbor(parseHex('00'), { ...limits, maxDepth: 0 }))).toBeUndefined();
    expect(codeOf(() => parseCbor(parseHex('80'), { ...limits, maxDepth: 0 }))).toBe(
      'CBOR_TOO_DEEP',
    );
  });
});

describe('bombs, at the size that the caller admits', () => {
  const large = { ...either, maxBytes: 1_000_000 };
  const filled = (byte: number) => new Uint8Array(large.maxBytes).fill(byte);

  it.each([
    ['arrays in arrays', 0x81, 'CBOR_TOO_DEEP'],
    ['maps in maps', 0xa1, 'CBOR_KEY'],
    ['indefinite arrays', 0x9f, 'CBOR_INDEFINITE'],
    ['indefinite maps', 0xbf, 'CBOR_INDEFINITE'],
    ['tags on tags', 0xd2, 'CBOR_TAG'],
    ['breaks', 0xff, 'CBOR_INDEFINITE'],
  ])('%s', (_what, byte, code) => {
    expect(codeOf(() => parseCbor(filled(byte), large))).toBe(code);
  });

  it('stops at the depth allowed, and names the byte where it stopped', () => {
    expect(() => parseCbor(filled(0x81), large)).toThrow(
      expect.objectContaining({ details: { at: large.maxDepth } }),
    );
  });

  it('walks an array that fills the input once, item by item', () => {
    const items = filled(0x00);
    items.set(parseHex('9a000f423b'));
    expect(codeOf(() => parseCbor(items, large))).toBeUndefined();
    items[4] = 0x3c;
    expect(codeOf(() => parseCbor(items, large))).toBe('CBOR_TRUNCATED');
  });
});
