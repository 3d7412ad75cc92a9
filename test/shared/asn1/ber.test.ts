import fc from 'fast-check';
import asn1, { type ForgeNode } from 'node-forge/lib/asn1.js';
import { describe, expect, it } from 'vitest';
import { encodeDefinite, parseBer, readOctetString } from '../../../shared/asn1/index.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { encodeTree } from './trees.ts';

const maxBytes = 6144;
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const der = hex('3007 0201 05 a002 0500');

describe('the spellings of one value', () => {
  it.each([
    ['definite lengths', '3007 020105 a002 0500'],
    ['an indefinite length', '3080 020105 a002 0500 0000'],
    ['indefinite lengths, one in the other', '3080 020105 a080 0500 0000 0000'],
    ['an indefinite length in a definite one', '3009 020105 a080 0500 0000'],
    ['long lengths', '3083000009 0282000105 a002 0500'],
  ])('reads %s', (_name, text) => {
    expect(Buffer.compare(encodeTree(parseBer(hex(text), { maxBytes })), der)).toBe(0);
  });

  it('keeps the segments of a constructed string apart', () => {
    const node = parseBer(hex('2480 0401aa 0402bbcc 0000'), { maxBytes });
    expect(node.children.map((child) => readOctetString(child, 'segment'))).toEqual([
      Uint8Array.of(0xaa),
      Uint8Array.of(0xbb, 0xcc),
    ]);
  });
});

describe('refusals', () => {
  it.each([
    ['nothing', '', 'ASN1_SYNTAX'],
    ['bytes after the end-of-contents', '3080 0000 00', 'ASN1_SYNTAX'],
    ['a missing end-of-contents', '3080 0500', 'ASN1_SYNTAX'],
    ['one of two end-of-contents', '3080 a080 0500 0000', 'ASN1_SYNTAX'],
    ['an end-of-contents in a definite length', '3004 0500 0000', 'ASN1_SYNTAX'],
    [
      'an indefinite length outside of which its definite parent ends',
      '3004 3080 0500 0000',
      'ASN1_SYNTAX',
    ],
    ['a primitive of indefinite length', '0480 ff 0000', 'ASN1_SYNTAX'],
    ['the high-tag-number form', '1f8101 00', 'ASN1_SYNTAX'],
    ['the tag number 0', '000100', 'ASN1_SYNTAX'],
    ['the tag number 0, constructed', '2000', 'ASN1_SYNTAX'],
    ['a length of five bytes', '30850000000000', 'ASN1_SYNTAX'],
    ['the reserved length', '30ff', 'ASN1_SYNTAX'],
    ['a member that ends beyond its parent', '3003 040201 02', 'ASN1_SYNTAX'],
    ['half an end-of-contents', '3080 00', 'ASN1_SYNTAX'],
    ['half an end-of-contents at the end of a definite parent', '3003 3080 00 00', 'ASN1_SYNTAX'],
  ])('refuses %s', (_name, text, code) => {
    expect(codeOf(() => parseBer(hex(text), { maxBytes }))).toBe(code);
  });

  it('refuses every truncation', () => {
    for (const prefix of truncations(hex('3080 020105 a080 0500 0000 0000'))) {
      expect(codeOf(() => parseBer(prefix, { maxBytes }))).toBe('ASN1_SYNTAX');
    }
  });

  it('refuses an input over the cap', () => {
    expect(codeOf(() => parseBer(new Uint8Array(7), { maxBytes: 6 }))).toBe('ASN1_TOO_LARGE');
  });

  it('does not go deeper than the cap into an input that is all headers', () => {
    const headers = new Uint8Array(maxBytes).map((_, index) => (index % 2 === 0 ? 0x30 : 0x80));
    expect(codeOf(() => parseBer(headers, { maxBytes }))).toBe('ASN1_TOO_DEEP');
  });
});

interface Tree {
  readonly id: number;
  readonly members: readonly Tree[] | Uint8Array;
  /** How the length is written: `undefined` for indefinite, else bytes in front of the shortest. */
  readonly zeros: number | undefined;
}

const contents = fc.uint8Array({ maxLength: 200 });
const zeros = fc.integer({ min: 0, max: 2 });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 8 },
    fc.record({
      id: fc.constantFrom(0x02, 0x04, 0x05, 0x06, 0x80, 0x83),
      members: contents,
      zeros,
    }),
    fc.record({
      id: fc.constantFrom(0x30, 0x31, 0x24, 0xa0, 0xa1),
      members: fc.array(tie('tree'), { maxLength: 4 }),
      zeros: fc.option(zeros, { nil: undefined }),
    }),
  ),
}));

/** Writes a tree in the lengths that it says. */
function spell({ id, members, zeros }: Tree): Uint8Array {
  const body = members instanceof Uint8Array ? members : Buffer.concat(members.map(spell));
  if (zeros === undefined) return Buffer.concat([Uint8Array.of(id, 0x80), body, new Uint8Array(2)]);
  if (zeros === 0 && body.length < 0x80)
    return Buffer.concat([Uint8Array.of(id, body.length), body]);
  const length = [...new Array<number>(zeros).fill(0), body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(id, 0x80 | length.length, ...length), body]);
}

function encodeForge({ tagClass, constructed, type, value }: ForgeNode): Uint8Array {
  const body = typeof value === 'string' ? [Buffer.from(value, 'latin1')] : value.map(encodeForge);
  return encodeDefinite(tagClass | (constructed ? 0x20 : 0) | type, ...body);
}

function readWithForge(bytes: Uint8Array): Uint8Array | undefined {
  const options = { strict: true, parseAllBytes: true, decodeBitStrings: false, maxDepth: 16 };
  try {
    return encodeForge(asn1.fromDer(Buffer.from(bytes).toString('latin1'), options));
  } catch {
    return undefined;
  }
}

describe('beside the reader of node-forge', () => {
  it('reads every spelling of every tree alike', () => {
    fc.assert(
      fc.property(tree, (written) => {
        const bytes = spell(written);
        fc.pre(bytes.length <= maxBytes);
        expect(encodeTree(parseBer(bytes, { maxBytes }))).toEqual(readWithForge(bytes));
      }),
    );
  });

  it('reads alike whatever both accept of inputs with one byte changed', () => {
    let both = 0;
    for (const { mutated } of oneByteMutations(
      hex('3080 020105 a080 2480 0401aa 0402bbcc 0000 0500 0000 0000'),
    )) {
      const theirs = readWithForge(mutated);
      let ours: Uint8Array | undefined;
      const code = codeOf(() => {
        ours = encodeTree(parseBer(mutated, { maxBytes }));
      });
      if (code !== undefined) expect(code).toBe('ASN1_SYNTAX');
      if (ours === undefined || theirs === undefined) continue;
      expect(ours).toEqual(theirs);
      both += 1;
    }
    expect(both).toBeGreaterThan(20);
  });
});
