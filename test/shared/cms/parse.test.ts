import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeOid } from '../../../shared/asn1/index.ts';
import { encodeEnvelope } from '../../../shared/cms/encode.ts';
import { parseEnvelope } from '../../../shared/cms/index.ts';
import { MAX_ENVELOPE_BYTES, oid } from '../../../shared/cms/layout.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import {
  algorithm,
  assemble,
  context,
  contextPrimitive,
  fields,
  integer,
  iv,
  nullValue,
  octets,
  recipientId,
  segments,
  sequence,
  sha256,
} from './envelopes.ts';
import { cmsVectors, unhex } from './vectors.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const SHA1 = '1.3.14.3.2.26';
const mgf1Sha256 = context(1, algorithm(oid.mgf1, sha256));
const block = new Uint8Array(16);

describe.skipIf(cmsVectors.length === 0)('recorded KMS blobs (../shared/vectors)', () => {
  it.each(cmsVectors)('reads $name as its index says', ({ blob, entry }) => {
    const envelope = parseEnvelope(blob);
    expect(hex(envelope.recipientId)).toBe(entry.structure.subject_key_identifier_hex);
    expect(hex(envelope.encryptedKey)).toBe(entry.encrypted_key_hex);
    expect(hex(envelope.iv)).toBe(entry.structure.iv_hex);
    expect(envelope.encryptedContent.length).toBe(entry.ciphertext_length);
    const digest = createHash('sha256').update(envelope.encryptedContent).digest('hex');
    expect(digest).toBe(entry.ciphertext_sha256);
  });

  it.each(cmsVectors)('writes $name byte for byte as KMS did', ({ blob, entry }) => {
    const form = entry.structure.encrypted_content_tag === '0xa0' ? 'constructed' : 'primitive';
    const written = encodeEnvelope(
      {
        recipientId: unhex(entry.structure.subject_key_identifier_hex),
        encryptedKey: unhex(entry.encrypted_key_hex),
        iv: unhex(entry.structure.iv_hex),
        // The index leaves out the ciphertext of the longest blob and gives its hash instead.
        encryptedContent:
          entry.ciphertext_hex === undefined
            ? parseEnvelope(blob).encryptedContent
            : unhex(entry.ciphertext_hex),
      },
      form,
    );
    expect(hex(written)).toBe(hex(blob));
  });

  it.each(cmsVectors)('refuses $name cut short at every byte', ({ blob }) => {
    for (const prefix of truncations(blob)) {
      expect(codeOf(() => parseEnvelope(prefix))).toBe('ASN1_SYNTAX');
    }
  });

  it.each(cmsVectors)('refuses $name with a byte after it', ({ blob }) => {
    const code = codeOf(() => parseEnvelope(Uint8Array.of(...blob, 0)));
    expect(code).toBe('ASN1_SYNTAX');
  });

  it.each(cmsVectors)('reads from a changed $name either nothing or what it holds', ({ blob }) => {
    const fieldsOf = (bytes: Uint8Array): string =>
      Object.values(parseEnvelope(bytes)).map(hex).join();
    const original = fieldsOf(blob);
    for (const { mutated } of oneByteMutations(blob)) {
      const code = codeOf(() => expect(fieldsOf(mutated)).not.toBe(original));
      if (code !== undefined) expect(code).toMatch(/^(ASN1|CMS)_/);
    }
  });
});

describe('spellings that mean the same', () => {
  const original = parseEnvelope(assemble({}));

  it.each([
    ['definite lengths throughout', {}],
    [
      'absent parameters of SHA-256',
      {
        oaepParameters: sequence(
          context(0, algorithm(oid.sha256)),
          context(1, algorithm(oid.mgf1, algorithm(oid.sha256))),
        ),
      },
    ],
    [
      'an empty label, spelt out',
      {
        oaepParameters: sequence(
          context(0, sha256),
          mgf1Sha256,
          context(2, algorithm(oid.pSpecified, octets(new Uint8Array(0)))),
        ),
      },
    ],
    [
      'a key identifier in segments',
      { rid: context(0, octets(recipientId.subarray(0, 5)), octets(recipientId.subarray(5))) },
    ],
  ])('accepts %s', (_name, replaced) => {
    const { encryptedKey: _, ...rest } = parseEnvelope(assemble(replaced));
    const { encryptedKey: __, ...wanted } = original;
    expect(Object.values(rest).map(hex)).toEqual(Object.values(wanted).map(hex));
  });

  it('joins any segments, of any length, empty ones too', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 160 }),
        fc.array(fc.nat(160), { maxLength: 20 }),
        (bytes, cuts) => {
          const content = bytes.subarray(0, bytes.length - (bytes.length % 16));
          const inside = cuts.filter((cut) => cut <= content.length).sort((a, b) => a - b);
          const ends = [...inside, content.length];
          const parts = ends.map((end, index) => content.slice(ends[index - 1] ?? 0, end));
          const read = parseEnvelope(assemble({ content: segments(...parts) })).encryptedContent;
          expect(hex(read)).toBe(hex(content));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('refusals', () => {
  const oaep = (...members: Uint8Array[]) => ({ oaepParameters: sequence(...members) });
  const issuerAndSerial = sequence(sequence(), integer(1));

  it.each<[string, Partial<ReturnType<typeof fields>>, string]>([
    ['signedData', { contentType: encodeOid('1.2.840.113549.1.7.2') }, 'CMS_CONTENT_TYPE'],
    [
      'content that is not data',
      { dataType: encodeOid('1.2.840.113549.1.7.2') },
      'CMS_CONTENT_TYPE',
    ],
    ['EnvelopedData version 0', { version: integer(0) }, 'CMS_VERSION'],
    ['EnvelopedData version 3', { version: integer(3) }, 'CMS_VERSION'],
    ['a version that is not an integer', { version: nullValue }, 'ASN1_UNEXPECTED'],
    ['recipient version 0', { recipientVersion: integer(0) }, 'CMS_VERSION'],
    [
      'issuerAndSerialNumber, as LocalStack writes',
      { recipientVersion: integer(0), rid: issuerAndSerial },
      'CMS_VERSION',
    ],
    ['issuerAndSerialNumber under version 2', { rid: issuerAndSerial }, 'CMS_RECIPIENTS'],
    ['two recipients', { moreRecipients: [sequence()] }, 'CMS_RECIPIENTS'],
    ['a key agreement recipient', { recipientInfo: context(1, integer(3)) }, 'CMS_RECIPIENTS'],
    [
      'a key identifier of 20 bytes',
      { rid: contextPrimitive(0, new Uint8Array(20)) },
      'CMS_LENGTH',
    ],
    ['RSAES-PKCS1-v1_5', { oaep: encodeOid('1.2.840.113549.1.1.1') }, 'CMS_ALGORITHM'],
    ['OAEP without parameters, which means SHA-1', oaep(), 'CMS_ALGORITHM'],
    ['NULL for the OAEP parameters', { oaepParameters: nullValue }, 'ASN1_UNEXPECTED'],
    ['OAEP with SHA-1', oaep(context(0, algorithm(SHA1, nullValue)), mgf1Sha256), 'CMS_ALGORITHM'],
    ['OAEP with its hash left out', oaep(mgf1Sha256), 'CMS_ALGORITHM'],
    [
      'MGF1 with SHA-1',
      oaep(context(0, sha256), context(1, algorithm(oid.mgf1, algorithm(SHA1)))),
      'CMS_ALGORITHM',
    ],
    ['MGF1 left out', oaep(context(0, sha256)), 'CMS_ALGORITHM'],
    [
      'another mask generation function',
      oaep(context(0, sha256), context(1, algorithm(oid.sha256, sha256))),
      'CMS_ALGORITHM',
    ],
    [
      'MGF1 without its hash',
      oaep(context(0, sha256), context(1, algorithm(oid.mgf1))),
      'CMS_STRUCTURE',
    ],
    [
      'a parameter of SHA-256',
      oaep(context(0, algorithm(oid.sha256, integer(1))), mgf1Sha256),
      'ASN1_UNEXPECTED',
    ],
    [
      'two parameters of SHA-256',
      oaep(context(0, algorithm(oid.sha256, nullValue, nullValue)), mgf1Sha256),
      'CMS_ALGORITHM',
    ],
    [
      'a label',
      oaep(context(0, sha256), mgf1Sha256, context(2, algorithm(oid.pSpecified, octets(block)))),
      'CMS_ALGORITHM',
    ],
    [
      'another source of the label',
      oaep(context(0, sha256), mgf1Sha256, context(2, algorithm(SHA1, octets(new Uint8Array(0))))),
      'CMS_ALGORITHM',
    ],
    [
      'a fourth OAEP parameter',
      oaep(
        context(0, sha256),
        mgf1Sha256,
        context(2, algorithm(oid.pSpecified, octets(new Uint8Array(0)))),
        nullValue,
      ),
      'CMS_ALGORITHM',
    ],
    ['AES-128-CBC', { cipher: algorithm('2.16.840.1.101.3.4.1.2', octets(iv)) }, 'CMS_ALGORITHM'],
    ['AES-256-GCM', { cipher: algorithm('2.16.840.1.101.3.4.1.46', octets(iv)) }, 'CMS_ALGORITHM'],
    [
      'an IV of 12 bytes',
      { cipher: algorithm(oid.aes256Cbc, octets(iv.subarray(4))) },
      'CMS_LENGTH',
    ],
    ['no IV', { cipher: algorithm(oid.aes256Cbc) }, 'CMS_STRUCTURE'],
    ['empty primitive content', { content: contextPrimitive(0, new Uint8Array(0)) }, 'CMS_LENGTH'],
    ['content of no segments', { content: segments() }, 'CMS_LENGTH'],
    ['content of one empty segment', { content: segments(new Uint8Array(0)) }, 'CMS_LENGTH'],
    [
      'content that is not whole blocks',
      { content: contextPrimitive(0, new Uint8Array(17)) },
      'CMS_LENGTH',
    ],
    ['content under another tag', { content: contextPrimitive(1, block) }, 'CMS_STRUCTURE'],
    [
      'a segment that is not an OCTET STRING',
      { content: context(0, integer(1)) },
      'ASN1_UNEXPECTED',
    ],
    [
      'segments within a segment',
      { content: context(0, Uint8Array.of(0x24, 18, ...octets(block))) },
      'ASN1_UNEXPECTED',
    ],
    ['unprotected attributes', { moreMembers: [context(1)] }, 'CMS_STRUCTURE'],
    ['an encryptedKey that is not an OCTET STRING', { encryptedKey: nullValue }, 'ASN1_UNEXPECTED'],
  ])('refuses %s', (_name, replaced, code) => {
    expect(codeOf(() => parseEnvelope(assemble(replaced)))).toBe(code);
  });

  it('refuses an empty SET of recipients', () => {
    const { version, contentType } = fields();
    const bytes = sequence(
      contentType,
      context(0, sequence(version, Uint8Array.of(0x31, 0), sequence())),
    );
    expect(codeOf(() => parseEnvelope(bytes))).toBe('CMS_RECIPIENTS');
  });

  it('refuses EnvelopedData without its recipients and its content', () => {
    const bytes = sequence(fields().contentType, context(0, sequence(integer(2))));
    expect(codeOf(() => parseEnvelope(bytes))).toBe('CMS_STRUCTURE');
  });

  it('refuses a blob over the cap', () => {
    const content = contextPrimitive(0, new Uint8Array(MAX_ENVELOPE_BYTES));
    expect(codeOf(() => parseEnvelope(assemble({ content })))).toBe('ASN1_TOO_LARGE');
  });

  it('refuses segments nested deeper than the cap', () => {
    let content: Uint8Array = octets(block);
    for (let level = 0; level < 16; level++) content = context(0, content);
    expect(codeOf(() => parseEnvelope(assemble({ content })))).toBe('ASN1_TOO_DEEP');
  });

  it('refuses garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(codeOf(() => parseEnvelope(bytes))).toMatch(/^(ASN1|CMS)_/);
      }),
    );
  });
});
