import { describe, expect, it } from 'vitest';
import {
  contextIdentifier,
  encodeDefinite,
  encodeIndefinite,
  encodeOid,
  identifier,
  parseDer,
  readOid,
} from '../../../shared/asn1/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('writers', () => {
  it.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65536, '0483010000'],
  ])('writes the shortest length of %i bytes', (length, header) => {
    const encoded = encodeDefinite(identifier['OCTET STRING'], new Uint8Array(length));
    expect(hex(encoded)).toBe(header + '00'.repeat(length));
  });

  it('closes an indefinite length', () => {
    const content = encodeDefinite(identifier.NULL);
    expect(hex(encodeIndefinite(contextIdentifier(0, 'constructed'), content))).toBe(
      'a08005000000',
    );
  });

  it.each(['1.2.840.113549.1.7.3', '2.16.840.1.101.3.4.1.42', '2.999.3', '0.9'])(
    'writes %s so that it reads back',
    (dotted) => {
      expect(readOid(parseDer(encodeOid(dotted), { maxBytes: 32 }), 'oid')).toBe(dotted);
    },
  );
});
