import { verify, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Asn1Node, parseDer, readBitString } from '../../../shared/asn1/index.ts';
import { awsNitroEnclavesRootG1 } from '../../../shared/attestation/index.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { encodeTree } from './trees.ts';

const maxBytes = 4096;
const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const parse = (bytes: Uint8Array): Asn1Node => parseDer(bytes, { maxBytes });

describe('on the AWS root certificate', () => {
  const der = Uint8Array.from(awsNitroEnclavesRootG1.der);
  const certificate = new X509Certificate(der);

  it('gives the bytes that the certificate signs', () => {
    const [tbs, , signature] = parse(der).children;
    const { bytes } = readBitString(signature, 'signatureValue');
    expect(verify('sha384', tbs?.encoded as Uint8Array, certificate.publicKey, bytes)).toBe(true);
  });

  it('shares memory with the input', () => {
    expect(parse(der).children[0]?.encoded.buffer).toBe(der.buffer);
  });

  it('refuses every truncation', () => {
    for (const prefix of truncations(der)) expect(codeOf(() => parse(prefix))).toMatch(/^ASN1_/);
  });

  it('after any change of one byte, refuses or reads what DER would write', () => {
    let refused = 0;
    for (const { mutated } of oneByteMutations(der)) {
      const code = codeOf(() => {
        expect(Buffer.compare(encodeTree(parse(mutated)), mutated)).toBe(0);
      });
      if (code === undefined) continue;
      expect(code).toMatch(/^ASN1_/);
      refused++;
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('what DER allows', () => {
  it.each([
    ['an empty SEQUENCE', '3000'],
    ['a length of 127 in one byte', `047f${'00'.repeat(127)}`],
    ['a length of 128 in two bytes', `048180${'00'.repeat(128)}`],
    ['a length of 256 in three bytes', `04820100${'00'.repeat(256)}`],
    ['a negative INTEGER', '0201ff'],
    ['an INTEGER whose first bit is kept off by a zero byte', '02020080'],
    ['both BOOLEANs', '3006 0101ff 010100'],
    ['a NULL', '0500'],
    ['an OBJECT IDENTIFIER with an arc of 7 bytes', '06082affffffffffff7f'],
    ['application and private tags', '6004 c1020102'],
  ])('reads %s', (_name, text) => {
    const bytes = hex(text);
    expect(Buffer.compare(encodeTree(parse(bytes)), bytes)).toBe(0);
  });

  it('reads 16 levels', () => {
    expect(parse(nested(16)).children.length).toBe(1);
  });
});

describe('refusals', () => {
  it.each([
    ['nothing', '', 'ASN1_SYNTAX'],
    ['a byte after the value', '0500 00', 'ASN1_SYNTAX'],
    ['contents that end early', '0402ff', 'ASN1_SYNTAX'],
    ['a child longer than its parent', '3003 040200', 'ASN1_SYNTAX'],
    ['a length of five bytes', '048500000000 01ff', 'ASN1_SYNTAX'],
    ['a negative length', '0484ffffffff', 'ASN1_SYNTAX'],
    ['the reserved length ff', '04ff00', 'ASN1_SYNTAX'],
    ['the high-tag-number form', '1f0100', 'ASN1_SYNTAX'],
    ['the reserved tag 0', '3002 0000', 'ASN1_SYNTAX'],
    ['an indefinite length', '3080 0500 0000', 'ASN1_NOT_DER'],
    [
      'an indefinite length that takes the room of a definite one, before a likely identifier',
      `3080 04820404 ${'00'.repeat(1028)} 0000`,
      'ASN1_NOT_DER',
    ],
    ['an inner indefinite length', '3006 3080 0500 0000', 'ASN1_NOT_DER'],
    ['a length of 1 in the long form', '048101ff', 'ASN1_NOT_DER'],
    ['a length with a leading zero', `04820080${'00'.repeat(128)}`, 'ASN1_NOT_DER'],
    ['an inner length in the long form', '3004 048101ff', 'ASN1_NOT_DER'],
    ['a long form whose own bytes look like a header', '81810500 00000000', 'ASN1_NOT_DER'],
    ['a positive INTEGER with a zero byte before it', '02020001', 'ASN1_NOT_DER'],
    ['a negative INTEGER with an ff byte before it', '0202ff80', 'ASN1_NOT_DER'],
    ['an empty INTEGER', '0200', 'ASN1_NOT_DER'],
    ['a padded ENUMERATED', '0a020001', 'ASN1_NOT_DER'],
    ['a BOOLEAN of 01', '010101', 'ASN1_NOT_DER'],
    ['an empty BOOLEAN', '0100', 'ASN1_NOT_DER'],
    ['a BOOLEAN of two bytes', '0102ffff', 'ASN1_NOT_DER'],
    ['a NULL with contents', '050100', 'ASN1_NOT_DER'],
    ['an empty OBJECT IDENTIFIER', '0600', 'ASN1_NOT_DER'],
    ['an arc that does not end', '06022a86', 'ASN1_NOT_DER'],
    ['an arc with a zero digit in front', '06032a8001', 'ASN1_NOT_DER'],
    ['an arc beyond exact numbers', '06092affffffffffffff7f', 'ASN1_NOT_DER'],
    ['a constructed OCTET STRING', '2403 040100', 'ASN1_NOT_DER'],
    ['a primitive SEQUENCE', '100100', 'ASN1_NOT_DER'],
  ])('refuses %s', (_name, text, code) => {
    expect(codeOf(() => parse(hex(text)))).toBe(code);
  });

  it('refuses 17 levels', () => {
    expect(codeOf(() => parse(nested(17)))).toBe('ASN1_TOO_DEEP');
  });

  it('refuses an input over the cap before it reads it', () => {
    const bytes = new Uint8Array(maxBytes + 1);
    expect(codeOf(() => parse(bytes))).toBe('ASN1_TOO_LARGE');
  });

  it('stops at the first header of an input that is all indefinite headers', () => {
    const headers = new Uint8Array(maxBytes).map((_, index) => (index % 2 === 0 ? 0x30 : 0x80));
    expect(codeOf(() => parse(headers))).toBe('ASN1_NOT_DER');
  });
});

describe('properties', () => {
  const primitive = fc.record({
    tagClass: fc.constantFrom('application', 'context', 'private'),
    tag: fc.integer({ min: 0, max: 29 }),
    constructed: fc.constant(false),
    contents: fc.uint8Array({ maxLength: 300 }),
    children: fc.constant([]),
  });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, primitive, tie('constructed')),
    constructed: fc.record({
      tagClass: fc.constantFrom('context', 'application'),
      tag: fc.integer({ min: 0, max: 29 }),
      constructed: fc.constant(true),
      contents: fc.constant(new Uint8Array(0)),
      children: fc.array(tie('tree'), { maxLength: 3 }),
    }),
  }));

  it('reads back whatever tree was written', () => {
    fc.assert(
      fc.property(tree, (original) => {
        const bytes = encodeTree(original as Asn1Node);
        const node = parseDer(bytes, { maxBytes: 1 << 20 });
        expect(written(node)).toEqual(original);
        expect(node.identifier).toBe(bytes[0]);
      }),
    );
  });

  it('refuses garbage with a code, or it is DER', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const code = codeOf(() => {
          expect(Buffer.compare(encodeTree(parse(bytes)), bytes)).toBe(0);
        });
        expect(code ?? 'ASN1_').toMatch(/^ASN1_/);
      }),
      { numRuns: 2000 },
    );
  });
});

function nested(levels: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let level = 0; level < levels; level++) bytes = Uint8Array.of(0x30, bytes.length, ...bytes);
  return bytes;
}

/** What was written: the identifier and the whole encoding follow from it. */
function written({ tagClass, tag, constructed, contents, children }: Asn1Node): object {
  return { tagClass, tag, constructed, contents, children: children.map(written) };
}
