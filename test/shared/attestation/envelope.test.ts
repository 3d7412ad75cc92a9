import { describe, expect, it } from 'vitest';
import type { EnvelopeSpec } from '../../../scripts/fixtures/attestation-authority.ts';
import { documentWith } from '../../../scripts/fixtures/attestation-documents.ts';
import { encodeCbor } from '../../../shared/cbor/index.ts';
import { judge, outcomeOf } from '../../support/judge.ts';

const header = (...entries: ReadonlyArray<readonly [number | string, number | string]>) =>
  encodeCbor(new Map(entries));

describe('the envelope of a document', () => {
  it.each<[what: string, envelope: Partial<EnvelopeSpec>]>([
    ['no tag', {}],
    ['tag 18', { prefix: 'd2' }],
  ])('is accepted with %s', async (_what, envelope) => {
    expect(outcomeOf(await judge(documentWith({ envelope })))).toBe('trusted');
  });

  it.each<[outcome: string, what: string, envelope: Partial<EnvelopeSpec>]>([
    ['envelope.structure CBOR_TAG', 'tag 18 twice', { prefix: 'd2d2' }],
    ['envelope.structure CBOR_NOT_SHORTEST', 'tag 18 in two bytes', { prefix: 'd812' }],
    ['envelope.structure CBOR_TAG', 'the tag of COSE_Sign', { prefix: 'd862' }],
    ['envelope.structure CBOR_TAG', 'the tag of COSE_Mac0', { prefix: 'd1' }],
    ['envelope.structure CBOR_TAG', 'the tag of a CWT', { prefix: 'd83d' }],
    ['envelope.structure CBOR_TRAILING', 'a byte behind it', { suffix: '00' }],
    ['envelope.structure CBOR_TRAILING', 'a break behind it', { suffix: 'ff' }],
    ['envelope.structure CBOR_TRAILING', 'another array in front', { prefix: '80' }],
    ['envelope.structure COSE_STRUCTURE', 'a fifth item', { surplus: [null] }],
    ['envelope.structure CBOR_TOO_DEEP', 'nested lists', { unprotected: [[[]]] }],
    ['envelope.algorithm COSE_ALGORITHM', 'no header', { protectedHeader: null }],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'a header that is a map',
      { protectedHeader: new Map([[1, -35]]) },
    ],
    [
      'envelope.algorithm CBOR_TRUNCATED',
      'an empty header',
      { protectedHeader: new Uint8Array(0) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'a header without algorithm',
      { protectedHeader: header() },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'the algorithm in the unprotected header',
      { protectedHeader: header(), unprotected: new Map([[1, -35]]) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'the algorithm as text',
      { protectedHeader: header([1, 'ES384']) },
    ],
    ['envelope.algorithm COSE_ALGORITHM', 'ES256', { protectedHeader: header([1, -7]) }],
    ['envelope.algorithm COSE_ALGORITHM', 'ES512', { protectedHeader: header([1, -36]) }],
    ['envelope.algorithm COSE_ALGORITHM', 'PS384', { protectedHeader: header([1, -38]) }],
    [
      'envelope.algorithm COSE_ALGORITHM',
      '35 without its sign',
      { protectedHeader: header([1, 35]) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      "algorithm -1 and a signature of zeros, as QEMU's NSM writes them",
      { protectedHeader: header([1, -1]), signature: new Uint8Array(96) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'a key id beside the algorithm',
      { protectedHeader: header([1, -35], [4, 0]) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'crit beside the algorithm',
      { protectedHeader: header([1, -35], [2, 0]) },
    ],
    [
      'envelope.algorithm COSE_ALGORITHM',
      'the label as text',
      { protectedHeader: header(['1', -35]) },
    ],
    [
      'envelope.algorithm CBOR_DUPLICATE_KEY',
      'the algorithm twice',
      { protectedHeader: Uint8Array.of(0xa2, 0x01, 0x38, 0x22, 0x01, 0x38, 0x22) },
    ],
    [
      'envelope.algorithm CBOR_NOT_SHORTEST',
      'the algorithm in a longer form',
      { protectedHeader: Uint8Array.of(0xa1, 0x01, 0x39, 0x00, 0x22) },
    ],
    [
      'envelope.algorithm CBOR_INDEFINITE',
      'a header of indefinite length',
      { protectedHeader: Uint8Array.of(0xbf, 0x01, 0x38, 0x22, 0xff) },
    ],
    [
      'envelope.algorithm CBOR_TRAILING',
      'a byte behind the header map',
      { protectedHeader: Uint8Array.of(0xa1, 0x01, 0x38, 0x22, 0x00) },
    ],
    [
      'envelope.algorithm CBOR_TOO_LARGE',
      'a header of 65 bytes',
      { protectedHeader: new Uint8Array(65) },
    ],
    [
      'envelope.unprotected COSE_UNPROTECTED',
      'an unprotected algorithm too',
      { unprotected: new Map([[1, -35]]) },
    ],
    ['envelope.unprotected COSE_UNPROTECTED', 'an unprotected list', { unprotected: [] }],
    [
      'envelope.unprotected COSE_UNPROTECTED',
      'unprotected bytes',
      { unprotected: Uint8Array.of(0xa0) },
    ],
    ['envelope.unprotected COSE_UNPROTECTED', 'no unprotected header', { unprotected: null }],
    ['envelope.payload COSE_PAYLOAD', 'a detached payload', { payload: null }],
    ['envelope.payload COSE_PAYLOAD', 'an empty payload', { payload: new Uint8Array(0) }],
    ['envelope.payload COSE_PAYLOAD', 'a payload that is no byte string', { payload: 'text' }],
    [
      'envelope.payload COSE_PAYLOAD',
      'a payload of 16385 bytes',
      { payload: new Uint8Array(16_385) },
    ],
    ['envelope.signature COSE_SIGNATURE_LENGTH', 'a signature in DER', { signature: 'der' }],
    [
      'envelope.signature COSE_SIGNATURE_LENGTH',
      'a signature of 64 bytes',
      { signature: new Uint8Array(64) },
    ],
    [
      'envelope.signature COSE_SIGNATURE_LENGTH',
      'a signature of 95 bytes',
      { signature: new Uint8Array(95) },
    ],
    [
      'envelope.signature COSE_SIGNATURE_LENGTH',
      'a signature of 97 bytes',
      { signature: new Uint8Array(97) },
    ],
    ['envelope.signature COSE_SIGNATURE_LENGTH', 'no signature', { signature: new Uint8Array(0) }],
    ['envelope.signature COSE_SIGNATURE_LENGTH', 'null for a signature', { signature: null }],
    ['signature COSE_SIGNATURE', 'a signature of zeros', { signature: new Uint8Array(96) }],
    ['signature COSE_SIGNATURE', 'a signature with one bit wrong', { signature: 'flipped' }],
    ['envelope.size COSE_SIZE', 'more than 32 KiB', { suffix: '00'.repeat(32_768) }],
  ])('fails %s with %s', async (outcome, _what, envelope) => {
    const report = await judge(documentWith({ envelope }));
    expect(outcomeOf(report)).toBe(outcome);
    expect(report.verdict).toBe('untrusted');
  });
});
