import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Asn1Node,
  DerReader,
  isUniversal,
  parseDer,
  readBitString,
  readIntegerBytes,
  readOid,
} from '../../../shared/asn1/index.ts';
import { awsNitroEnclavesRootG1 } from '../../../shared/attestation/index.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const limits = { maxBytes: 4096 };
const root = Uint8Array.from(awsNitroEnclavesRootG1.der);
const over = (bytes: Uint8Array) => DerReader.over(bytes, limits);
const hex = (text: string) => over(Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex')));

describe('beside parseDer', () => {
  it.each([
    ['every truncation of a certificate', [...truncations(root)]],
    ['every change of one byte', [...oneByteMutations(root)].map(({ mutated }) => mutated)],
    ['16 levels', [nested(16)]],
    ['17 levels', [nested(17)]],
  ])('passes over what it reads, and refuses what it refuses: %s', (_name, inputs) => {
    for (const bytes of inputs)
      expect(codeOfSkip(bytes)).toBe(codeOf(() => parseDer(bytes, limits)));
  });

  it('does so with bytes of any kind', () => {
    const header = fc.constantFrom(
      0x01,
      0x02,
      0x03,
      0x05,
      0x06,
      0x30,
      0x31,
      0x24,
      0x80,
      0xa0,
      0xa3,
    );
    const value = fc
      .tuple(header, fc.nat(6), fc.uint8Array({ maxLength: 6 }))
      .map(([id, length, contents]) => Uint8Array.of(id, length, ...contents));
    fc.assert(
      fc.property(fc.oneof(value, fc.uint8Array({ maxLength: 64 })), (bytes) => {
        expect(codeOfSkip(bytes)).toBe(codeOf(() => parseDer(bytes, limits)));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads the same values of a certificate', () => {
    const reader = over(root);
    expectSame(reader, [parseDer(root, limits)]);
  });
});

describe('values', () => {
  it('reads one after the other', () => {
    const reader = hex('0101ff 020200ff 0603550406 0302 0780 170d 3139313032383133323830355a 0500');
    expect(reader.boolean('b')).toBe(true);
    expect(reader.integer('i')).toBe(255);
    expect(reader.oid('o')).toBe('2.5.4.6');
    expect(reader.bitString('s')).toEqual({ unusedBits: 7, bytes: Uint8Array.of(0x80) });
    expect(reader.time('t')).toBe(Date.parse('2019-10-28T13:28:05Z'));
    expect(reader.more).toBe(true);
    expect(reader.nextIs(0x05)).toBe(true);
    reader.skip('n');
    expect(reader.lastEncoded).toEqual(Uint8Array.of(0x05, 0x00));
    expect(reader.more).toBe(false);
    expect(reader.nextIs(0x05)).toBe(false);
    reader.finish('values');
  });

  it('reads what an OCTET STRING holds', () => {
    const value = hex('0403 020105').octetString('o');
    expect(value.integer('i')).toBe(5);
    value.finish('o');
  });

  it.each([
    ['a missing value', () => hex('').skip('v')],
    ['a missing member', () => hex('3000').sequence('s').integer('i')],
    ['another type', () => hex('3100').sequence('s')],
    ['another class', () => hex('8101ff').boolean('b')],
    ['another EXPLICIT tag', () => hex('a1020500').explicit(0, 'e')],
    ['a primitive EXPLICIT tag', () => hex('80020500').explicit(0, 'e')],
    [
      'an identifier that stands behind the end',
      () => hex('3000 020105').sequence('s').integer('i'),
    ],
    ['a value too many', () => hex('0500').finish('v')],
  ])('refuses %s as unexpected', (_name, read) => {
    expect(codeOf(read)).toBe('ASN1_UNEXPECTED');
  });

  it.each([
    ['a negative INTEGER', () => hex('0201ff').integer('i'), 'ASN1_SYNTAX'],
    ['an INTEGER of more than 32 bits', () => hex('02050100000000').integer('i'), 'ASN1_SYNTAX'],
    ['a padded INTEGER', () => hex('02020001').integerBytes('i'), 'ASN1_NOT_DER'],
    ['unused bits that are set', () => hex('03020781').bitString('s'), 'ASN1_SYNTAX'],
    ['a BOOLEAN of 01', () => hex('010101').boolean('b'), 'ASN1_NOT_DER'],
    ['an arc that does not end', () => hex('06022a86').skipOid('o'), 'ASN1_NOT_DER'],
    ['a long length for a short value', () => hex('3081020500').sequence('s'), 'ASN1_NOT_DER'],
    [
      'a member longer than its SEQUENCE',
      () => hex('3003 040200').sequence('s').skip('v'),
      'ASN1_SYNTAX',
    ],
    ['bad DER inside what is passed over', () => hex('3003 010101').skip('v'), 'ASN1_NOT_DER'],
  ])('refuses %s', (_name, read, code) => {
    expect(codeOf(read)).toBe(code);
  });

  it('refuses an input over the cap before it reads it', () => {
    expect(codeOf(() => over(new Uint8Array(4097)))).toBe('ASN1_TOO_LARGE');
  });

  it('refuses 17 levels that are entered one by one', () => {
    let reader = over(nested(17));
    for (let level = 0; level < 16; level++) reader = reader.sequence('s');
    expect(codeOf(() => reader.sequence('s'))).toBe('ASN1_TOO_DEEP');
  });
});

/** Nothing at all, and a second value, are unexpected to a reader and bad syntax to parseDer. */
function codeOfSkip(bytes: Uint8Array): string | undefined {
  const code = codeOf(() => {
    const reader = over(bytes);
    reader.skip('value');
    reader.finish('value');
  });
  return code === 'ASN1_UNEXPECTED' ? 'ASN1_SYNTAX' : code;
}

/** Holds the values that the reader comes to against those of a tree. */
function expectSame(reader: DerReader, nodes: readonly Asn1Node[]): void {
  for (const node of nodes) {
    const members = readLike(node, reader);
    expect(Buffer.compare(reader.lastEncoded, node.encoded)).toBe(0);
    if (members !== undefined) expectSame(members, node.children);
  }
  reader.finish('members');
}

function readLike(node: Asn1Node, reader: DerReader): DerReader | undefined {
  if (isUniversal(node, 'SEQUENCE')) return reader.sequence('s');
  if (isUniversal(node, 'SET')) return reader.set('s');
  if (node.constructed) return reader.explicit(node.tag, 'e');
  if (isUniversal(node, 'OBJECT IDENTIFIER')) expect(reader.oid('o')).toBe(readOid(node, 'o'));
  else if (isUniversal(node, 'BIT STRING')) {
    expect(reader.bitString('b')).toEqual(readBitString(node, 'b'));
  } else if (isUniversal(node, 'INTEGER')) {
    expect(reader.integerBytes('i')).toEqual(readIntegerBytes(node, 'i'));
  } else reader.skip('v');
  return undefined;
}

function nested(levels: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let level = 0; level < levels; level++) bytes = Uint8Array.of(0x30, bytes.length, ...bytes);
  return bytes;
}
