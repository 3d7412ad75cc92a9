import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatBytes,
  encodeBase64,
  encodeHex,
  encodeUint32,
  parseBase64,
  parseHex,
} from '../../shared/encoding.ts';
import { codeOf } from '../support/codes.ts';

describe('hex', () => {
  it('reads back what it wrote, as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(encodeHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(parseHex(encodeHex(bytes))).toEqual(bytes);
        expect(parseHex(encodeHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it.each(['0', '000', '0g', '0x00', ' 00', '00\n', '00 00', '٠٠', '-1', '+1', '0.'])(
    'refuses %j',
    (text) => {
      expect(codeOf(() => parseHex(text))).toBe('HEX_SYNTAX');
    },
  );
});

describe('base64', () => {
  it('reads back what it wrote, as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => {
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(parseBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'A===',
    '====',
    'AA=A',
    'AAAA=',
    'AA==AAAA',
    'AA-_',
    'AAA\n',
    ' AAA',
    'AAAA\n',
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseBase64(text))).toBe('BASE64_SYNTAX');
  });
});

it('joins bytes into an array of their own', () => {
  const part = Uint8Array.of(1, 2);
  const joined = concatBytes(part, new Uint8Array(0), Uint8Array.of(3));
  part.fill(9);
  expect(joined).toEqual(Uint8Array.of(1, 2, 3));
  expect(concatBytes()).toEqual(new Uint8Array(0));
});

it('encodes a 32-bit integer with its high byte first', () => {
  expect(encodeHex(encodeUint32(0))).toBe('00000000');
  expect(encodeHex(encodeUint32(0x01020304))).toBe('01020304');
  expect(encodeHex(encodeUint32(0xffffffff))).toBe('ffffffff');
});
