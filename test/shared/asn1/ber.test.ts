import { describe, expect, it } from 'vitest';
import { parseBer } from '../../../shared/asn1/ber.ts';
import { readOctetString } from '../../../shared/asn1/index.ts';
import { codeOf } from '../../support/codes.ts';
import { truncations } from '../../support/mutations.ts';
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
    ['BMPString', '1e020041', 'ASN1_SYNTAX'],
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
