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
const over = (bytes: Uint8Array) => new DerReader(bytes, limits);
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
    reader.finish('value');
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
    const start = reader.position;
    reader.pass(0x05, 'n');
    expect(reader.since(start)).toEqual(Uint8Array.of(0x05, 0x00));
    expect(reader.more).toBe(false);
    expect(reader.nextIs(0x05)).toBe(false);
    reader.finish('values');
  });

  it('reads what an OCTET STRING holds, and what stands behind it', () => {
    const reader = hex('0403 020105 020106');
    const value = reader.enterOctetString('o');
    expect(reader.integer('i')).toBe(5);
    expect(codeOf(() => reader.integer('i'))).toBe('ASN1_UNEXPECTED');
    reader.leave(value, 'o');
    expect(reader.integer('i')).toBe(6);
  });

  it('leaves a value at its end only', () => {
    const reader = hex('3004 0500 0500');
    const value = reader.enterSequence('s');
    reader.passAny('v');
    expect(codeOf(() => reader.leave(value, 's'))).toBe('ASN1_UNEXPECTED');
  });

  it.each<[string, (reader: DerReader) => unknown, string]>([
    ['a missing value', (reader) => reader.passAny('v'), ''],
    ['a missing member', inside((reader) => reader.integer('i')), '3000'],
    [
      'a member that stands behind its SEQUENCE',
      inside((reader) => reader.integer('i')),
      '3000 020105',
    ],
    ['another type', (reader) => reader.enterSequence('s'), '3100'],
    ['another class', (reader) => reader.boolean('b'), '8101ff'],
    ['another EXPLICIT tag', (reader) => reader.enterExplicit(0, 'e'), 'a1020500'],
    ['a primitive EXPLICIT tag', (reader) => reader.enterExplicit(0, 'e'), '80020500'],
    ['a value too many', (reader) => reader.finish('v'), '0500'],
  ])('refuses %s as unexpected', (_name, read, text) => {
    expect(codeOf(() => read(hex(text)))).toBe('ASN1_UNEXPECTED');
  });

  it.each<[string, (reader: DerReader) => unknown, string, string]>([
    ['a negative INTEGER', (reader) => reader.integer('i'), '0201ff', 'ASN1_SYNTAX'],
    ['more than 32 bits', (reader) => reader.integer('i'), '02050100000000', 'ASN1_SYNTAX'],
    ['a padded INTEGER', (reader) => reader.integerBytes('i'), '02020001', 'ASN1_NOT_DER'],
    ['unused bits that are set', (reader) => reader.bitString('s'), '03020781', 'ASN1_SYNTAX'],
    ['a BOOLEAN of 01', (reader) => reader.boolean('b'), '010101', 'ASN1_NOT_DER'],
    ['an arc that does not end', (reader) => reader.pass(0x06, 'o'), '06022a86', 'ASN1_NOT_DER'],
    [
      'a long length for a short value',
      (reader) => reader.enterSequence('s'),
      '3081020500',
      'ASN1_NOT_DER',
    ],
    [
      'a member longer than its SEQUENCE',
      inside((reader) => reader.passAny('v')),
      '3003 040200',
      'ASN1_SYNTAX',
    ],
    [
      'bad DER inside what is passed over',
      (reader) => reader.passAny('v'),
      '3003 010101',
      'ASN1_NOT_DER',
    ],
  ])('refuses %s', (_name, read, text, code) => {
    expect(codeOf(() => read(hex(text)))).toBe(code);
  });

  it('refuses an input over the cap before it reads it', () => {
    expect(codeOf(() => over(new Uint8Array(4097)))).toBe('ASN1_TOO_LARGE');
  });

  it('refuses 17 levels that are entered one by one', () => {
    const reader = over(nested(17));
    for (let level = 0; level < 16; level++) reader.enterSequence('s');
    expect(codeOf(() => reader.enterSequence('s'))).toBe('ASN1_TOO_DEEP');
  });

  it('counts a level only until it is left', () => {
    const reader = hex('3000'.repeat(20));
    for (let value = 0; value < 20; value++) reader.leave(reader.enterSequence('s'), 's');
    reader.finish('values');
  });
});

function inside(read: (reader: DerReader) => unknown): (reader: DerReader) => unknown {
  return (reader) => {
    reader.enterSequence('s');
    return read(reader);
  };
}

/** Nothing at all, and a second value, are unexpected to a reader and bad syntax to parseDer. */
function codeOfSkip(bytes: Uint8Array): string | undefined {
  const code = codeOf(() => {
    const reader = over(bytes);
    reader.passAny('value');
    reader.finish('value');
  });
  return code === 'ASN1_UNEXPECTED' ? 'ASN1_SYNTAX' : code;
}

/** Holds the values that the reader comes to against those of a tree. */
function expectSame(reader: DerReader, nodes: readonly Asn1Node[]): void {
  for (const node of nodes) {
    const start = reader.position;
    const entered = readLike(node, reader);
    if (entered !== undefined) {
      expectSame(reader, node.children);
      reader.leave(entered, 'value');
    }
    expect(Buffer.compare(reader.since(start), node.encoded)).toBe(0);
  }
}

/** What entering the value answered, if it can be entered. */
function readLike(node: Asn1Node, reader: DerReader): number | undefined {
  if (isUniversal(node, 'SEQUENCE')) return reader.enterSequence('s');
  if (isUniversal(node, 'SET')) return reader.enterSet('s');
  if (node.constructed) return reader.enterExplicit(node.tag, 'e');
  if (isUniversal(node, 'OBJECT IDENTIFIER')) expect(reader.oid('o')).toBe(readOid(node, 'o'));
  else if (isUniversal(node, 'BIT STRING')) {
    expect(reader.bitString('b')).toEqual(readBitString(node, 'b'));
  } else if (isUniversal(node, 'INTEGER')) {
    expect(reader.integerBytes('i')).toEqual(readIntegerBytes(node, 'i'));
  } else reader.passAny('v');
  return undefined;
}

function nested(levels: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let level = 0; level < levels; level++) bytes = Uint8Array.of(0x30, bytes.length, ...bytes);
  return bytes;
}
