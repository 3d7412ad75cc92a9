import { describe, expect, it } from 'vitest';
import {
  expectExplicit,
  expectSequence,
  expectSet,
  expectUniversal,
  isContext,
  isUniversal,
  parseBer,
  readBitString,
  readInteger,
  readIntegerBytes,
  readOctetString,
  readOid,
} from '../../../shared/asn1/index.ts';
import { codeOf } from '../../support/codes.ts';

const node = (text: string) =>
  parseBer(Uint8Array.from(Buffer.from(text, 'hex')), { maxBytes: 256 });

describe('readOid', () => {
  it.each([
    ['06092a864886f70d010703', '1.2.840.113549.1.7.3'],
    ['0609608648016503040201', '2.16.840.1.101.3.4.2.1'],
    ['0603550406', '2.5.4.6'],
    ['0603883703', '2.999.3'],
    ['060100', '0.0'],
    ['06014f', '1.39'],
  ])('reads %s as %s', (text, dotted) => {
    expect(readOid(node(text), 'oid')).toBe(dotted);
  });

  it.each([
    ['an empty one', '0600'],
    ['an arc that does not end', '06022a86'],
    ['an arc with a leading zero digit', '06032a8001'],
    ['a first arc with a leading zero digit', '0602802a'],
    ['an arc beyond exact numbers', '06092affffffffffffff7f'],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(() => readOid(node(text), 'oid'))).toBe('ASN1_SYNTAX');
  });
});

describe('integers', () => {
  it.each([
    ['020100', 0],
    ['02017f', 127],
    ['02020080', 128],
    ['020500ffffffff', 0xffffffff],
  ])('reads %s as %i', (text, value) => {
    expect(readInteger(node(text), 'n')).toBe(value);
  });

  it('gives a large one without its sign byte', () => {
    expect(readIntegerBytes(node('020900ffffffffffffffff'), 'n')).toEqual(
      new Uint8Array(8).fill(0xff),
    );
  });

  it.each([
    ['a negative one', '0201ff'],
    ['an empty one', '0200'],
    ['a padded one', '02020002'],
    ['one of more than 32 bits', '02050100000000'],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(() => readInteger(node(text), 'n'))).toBe('ASN1_SYNTAX');
  });
});

describe('readBitString', () => {
  it('gives the bytes and how many of the last bits are unused', () => {
    expect(readBitString(node('03020780'), 'keyUsage')).toEqual({
      unusedBits: 7,
      bytes: Uint8Array.of(0x80),
    });
    expect(readBitString(node('030100'), 'empty')).toEqual({
      unusedBits: 0,
      bytes: new Uint8Array(0),
    });
  });

  it.each([
    ['no count of unused bits', '0300'],
    ['eight unused bits', '03020800'],
    ['unused bits of no byte', '030101'],
    ['an unused bit that is set', '03020781'],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(() => readBitString(node(text), 'bits'))).toBe('ASN1_SYNTAX');
  });
});

describe('octets and tags', () => {
  it('reads them', () => {
    expect(readOctetString(node('0402abcd'), 'o')).toEqual(Uint8Array.of(0xab, 0xcd));
    expect(expectSequence(node('30020500'), 's').length).toBe(1);
    expect(expectSet(node('3100'), 's').length).toBe(0);
    expect(expectExplicit(node('a0020500'), 0, 'e').tag).toBe(5);
    expect(isUniversal(node('0500'), 'NULL')).toBe(true);
    expect(isUniversal(node('8500'), 'NULL')).toBe(false);
    expect(isContext(node('8500'), 5)).toBe(true);
    expect(isContext(node('0500'), 5)).toBe(false);
  });

  it.each([
    ['a missing value', () => expectSequence(undefined, 's')],
    ['another type', () => expectSequence(node('3100'), 's')],
    ['another class', () => expectUniversal(node('8500'), 'NULL', 'n')],
    ['a primitive SEQUENCE', () => expectSequence(node('1000'), 's')],
    ['a constructed OCTET STRING', () => readOctetString(node('2400'), 'o')],
    ['an EXPLICIT tag around nothing', () => expectExplicit(node('a000'), 0, 'e')],
    ['an EXPLICIT tag around two values', () => expectExplicit(node('a00405000500'), 0, 'e')],
    ['another EXPLICIT tag', () => expectExplicit(node('a1020500'), 0, 'e')],
    ['a primitive EXPLICIT tag', () => expectExplicit(node('80020500'), 0, 'e')],
  ])('refuses %s', (_name, read) => {
    expect(codeOf(read)).toBe('ASN1_UNEXPECTED');
  });
});
