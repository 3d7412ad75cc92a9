import { describe, expect, it } from 'vitest';
import type { PayloadSpec } from '../../../scripts/fixtures/attestation-authority.ts';
import {
  documentWith,
  enclavePcrs,
  tpmDocumentWith,
  tpmPcrs,
} from '../../../scripts/fixtures/attestation-documents.ts';
import type { Pcrs } from '../../../shared/attestation/index.ts';
import {
  type CborInput,
  type CborKey,
  encodeCbor,
  encodeIndefiniteMap,
} from '../../../shared/cbor/index.ts';
import { concatBytes } from '../../../shared/encoding.ts';
import { judge, outcomeOf } from '../../support/judge.ts';

type Fields = Readonly<Record<string, CborInput | undefined>>;

const bytes = (length: number) => new Uint8Array(length).fill(7);
const pcrsWith = (...entries: ReadonlyArray<readonly [CborKey, CborInput]>) =>
  new Map<CborKey, CborInput>([...enclavePcrs, ...entries]);
const pcrs = (count: number) =>
  new Map(Array.from({ length: count }, (_, index) => [index, bytes(48)]));

const waived = { waived: 'not of interest here' };

describe('the payload of a document', () => {
  it.each<[what: string, payload: Partial<PayloadSpec>]>([
    ['of indefinite length, as since August 2025', { form: 'indefinite' }],
    ['of definite length, as before', { form: 'definite' }],
  ])('is accepted as a map %s', async (_what, payload) => {
    expect(outcomeOf(await judge(documentWith({ payload })))).toBe('trusted');
  });

  it.each<[what: string, fields: Fields]>([
    ['absent fields that are null', { public_key: null, user_data: null, nonce: null }],
    [
      'absent fields that are left out',
      { public_key: undefined, user_data: undefined, nonce: undefined },
    ],
    ['empty optional fields', { public_key: bytes(0), user_data: bytes(0), nonce: bytes(0) }],
    [
      'optional fields of 1024 bytes',
      { public_key: bytes(1024), user_data: bytes(1024), nonce: bytes(1024) },
    ],
    ['one register', { pcrs: pcrs(1) }],
    ['32 registers', { pcrs: pcrs(32) }],
    ['a timestamp in its short form', { timestamp: 1_767_323_045_678 }],
  ])('is accepted with %s', async (_what, fields) => {
    const policy = { measurements: waived, nonce: waived, debug: 'allowed' } as const;
    expect(outcomeOf(await judge(documentWith({ fields }), policy))).toBe('trusted');
  });

  it.each<[outcome: string, what: string, fields: Fields]>([
    ['payload.kind DOCUMENT_KIND', 'no registers', { pcrs: undefined }],
    ['payload.kind DOCUMENT_KIND', 'registers of both kinds', { nitrotpm_pcrs: tpmPcrs }],
    ['payload.kind DOCUMENT_KIND', 'both kinds, one of them null', { nitrotpm_pcrs: null }],
    ['payload.fields DOCUMENT_FIELD_MISSING', 'no module_id', { module_id: undefined }],
    ['payload.fields DOCUMENT_FIELD_MISSING', 'no digest', { digest: undefined }],
    ['payload.fields DOCUMENT_FIELD_MISSING', 'no timestamp', { timestamp: undefined }],
    ['payload.fields DOCUMENT_FIELD_MISSING', 'no certificate', { certificate: undefined }],
    ['payload.fields DOCUMENT_FIELD_MISSING', 'no cabundle', { cabundle: undefined }],
    ['payload.fields DOCUMENT_FIELD_UNKNOWN', 'a tenth field', { pcr: null }],
    ['payload.fields DOCUMENT_FIELD_UNKNOWN', 'a field in other letters', { Nonce: null }],
    ['payload.module_id DOCUMENT_MODULE_ID', 'a null module_id', { module_id: null }],
    ['payload.module_id DOCUMENT_MODULE_ID', 'an empty module_id', { module_id: '' }],
    ['payload.module_id DOCUMENT_MODULE_ID', 'a module_id of bytes', { module_id: bytes(3) }],
    ['payload.digest DOCUMENT_DIGEST', 'a null digest', { digest: null }],
    ['payload.digest DOCUMENT_DIGEST', 'SHA256', { digest: 'SHA256' }],
    ['payload.digest DOCUMENT_DIGEST', 'SHA512', { digest: 'SHA512' }],
    ['payload.digest DOCUMENT_DIGEST', 'the digest in other letters', { digest: 'sha384' }],
    ['payload.timestamp DOCUMENT_TIMESTAMP', 'a null timestamp', { timestamp: null }],
    ['payload.timestamp DOCUMENT_TIMESTAMP', 'a timestamp of 0', { timestamp: 0 }],
    ['payload.timestamp DOCUMENT_TIMESTAMP', 'a timestamp below 0', { timestamp: -1 }],
    ['payload.timestamp DOCUMENT_TIMESTAMP', 'a timestamp in text', { timestamp: '1767323045678' }],
    [
      'payload.timestamp DOCUMENT_TIMESTAMP',
      'a timestamp beyond any calendar',
      { timestamp: 8.64e15 + 1 },
    ],
    ['payload.pcrs DOCUMENT_PCRS', 'null registers', { pcrs: null }],
    ['payload.pcrs DOCUMENT_PCRS', 'registers in a list', { pcrs: [bytes(48)] }],
    ['payload.pcrs DOCUMENT_PCRS', 'an empty map of registers', { pcrs: new Map() }],
    ['payload.pcrs DOCUMENT_PCRS', '33 registers', { pcrs: pcrs(33) }],
    ['payload.pcrs DOCUMENT_PCRS', 'register 32', { pcrs: pcrsWith([32, bytes(48)]) }],
    ['payload.pcrs DOCUMENT_PCRS', 'register -1', { pcrs: pcrsWith([-1, bytes(48)]) }],
    [
      'payload.pcrs DOCUMENT_PCRS',
      'a register named by text',
      { pcrs: pcrsWith(['0', bytes(48)]) },
    ],
    ['payload.pcrs DOCUMENT_PCRS', 'a register of 32 bytes', { pcrs: pcrsWith([0, bytes(32)]) }],
    ['payload.pcrs DOCUMENT_PCRS', 'a register of 64 bytes', { pcrs: pcrsWith([0, bytes(64)]) }],
    ['payload.pcrs DOCUMENT_PCRS', 'an empty register', { pcrs: pcrsWith([0, bytes(0)]) }],
    ['payload.pcrs DOCUMENT_PCRS', 'a null register', { pcrs: pcrsWith([0, null]) }],
    ['payload.pcrs DOCUMENT_PCRS', 'a register in hex', { pcrs: pcrsWith([0, '00'.repeat(24)]) }],
    ['payload.certificate DOCUMENT_CERTIFICATE', 'a null certificate', { certificate: null }],
    ['payload.certificate DOCUMENT_CERTIFICATE', 'an empty certificate', { certificate: bytes(0) }],
    [
      'payload.certificate DOCUMENT_CERTIFICATE',
      'a certificate of 1025 bytes',
      { certificate: bytes(1025) },
    ],
    [
      'payload.certificate DOCUMENT_CERTIFICATE',
      'a list of certificates',
      { certificate: [bytes(9)] },
    ],
    ['payload.cabundle DOCUMENT_CABUNDLE', 'a null cabundle', { cabundle: null }],
    ['payload.cabundle DOCUMENT_CABUNDLE', 'an empty cabundle', { cabundle: [] }],
    ['payload.cabundle DOCUMENT_CABUNDLE', 'a cabundle of one string', { cabundle: bytes(500) }],
    [
      'payload.cabundle DOCUMENT_CABUNDLE',
      'an empty certificate in it',
      { cabundle: [bytes(9), bytes(0)] },
    ],
    [
      'payload.cabundle DOCUMENT_CABUNDLE',
      'a certificate of 1025 bytes in it',
      { cabundle: [bytes(1025)] },
    ],
    ['payload.cabundle DOCUMENT_CABUNDLE', 'null in it', { cabundle: [null] }],
    [
      'payload.public_key DOCUMENT_PUBLIC_KEY',
      'a public_key of 1025 bytes',
      { public_key: bytes(1025) },
    ],
    ['payload.public_key DOCUMENT_PUBLIC_KEY', 'a public_key in text', { public_key: 'key' }],
    ['payload.user_data DOCUMENT_USER_DATA', 'user_data of 1025 bytes', { user_data: bytes(1025) }],
    ['payload.user_data DOCUMENT_USER_DATA', 'user_data that is a number', { user_data: 1 }],
    ['payload.nonce DOCUMENT_NONCE', 'a nonce of 1025 bytes', { nonce: bytes(1025) }],
    ['payload.nonce DOCUMENT_NONCE', 'a nonce that is false', { nonce: false }],
  ])('fails %s with %s', async (outcome, _what, fields) => {
    expect(outcomeOf(await judge(documentWith({ fields })))).toBe(outcome);
  });

  it.each<[outcome: string, what: string, payload: Partial<PayloadSpec>]>([
    ['payload.fields DOCUMENT_FIELD_UNKNOWN', 'a key that is a number', { surplus: [[1, null]] }],
    ['payload.structure CBOR_DUPLICATE_KEY', 'a field twice', { surplus: [['nonce', null]] }],
    [
      'payload.structure CBOR_DUPLICATE_KEY',
      'a field twice in a definite map',
      { form: 'definite', surplus: [['digest', 'SHA384']] },
    ],
    ['payload.structure CBOR_TOO_DEEP', 'a list in a list', { surplus: [['a', [[[]]]]] }],
    ['payload.structure DOCUMENT_STRUCTURE', 'a list', { bytes: encodeCbor([1, 2]) }],
    ['payload.structure DOCUMENT_STRUCTURE', 'text', { bytes: encodeCbor('payload') }],
    [
      'payload.structure CBOR_TRAILING',
      'a byte behind the map',
      { bytes: concatBytes(encodeIndefiniteMap([]), bytes(1)) },
    ],
    ['payload.structure CBOR_TRUNCATED', 'a map without its end', { bytes: Uint8Array.of(0xbf) }],
    ['payload.structure CBOR_TAG', 'a tagged map', { bytes: Uint8Array.of(0xd2, 0xa0) }],
    [
      'payload.structure CBOR_INDEFINITE',
      'an inner map of indefinite length',
      { bytes: Uint8Array.of(0xa1, 0x01, 0xbf, 0xff) },
    ],
    ['payload.kind DOCUMENT_KIND', 'an empty map', { bytes: Uint8Array.of(0xa0) }],
  ])('fails %s with %s', async (outcome, _what, payload) => {
    expect(outcomeOf(await judge(documentWith({ payload })))).toBe(outcome);
  });

  it('is parsed into a document that has every field as written', async () => {
    const { document } = await judge(documentWith());
    expect(document).toMatchObject({
      kind: 'enclave',
      digest: 'SHA384',
      timestamp: 1_767_323_045_678,
    });
    expect(document?.pcrs).toEqual(enclavePcrs);
    expect(document?.cabundle).toHaveLength(4);
  });

  it('tells the two kinds apart', async () => {
    const registers: Pcrs = new Map([[4, tpmPcrs.get(4) as Uint8Array]]);
    const report = await judge(tpmDocumentWith(), { measurements: { nitrotpm: [registers] } });
    expect(outcomeOf(report)).toBe('trusted');
    expect(report.document?.kind).toBe('nitrotpm');
    expect(report.document?.pcrs).toEqual(tpmPcrs);
  });

  it('tells an absent field from an empty one', async () => {
    const policy = { nonce: waived } as const;
    const fields = { public_key: null, user_data: bytes(0), nonce: undefined };
    const { document } = await judge(documentWith({ fields }), policy);
    expect(document?.publicKey).toBeUndefined();
    expect(document?.userData).toEqual(bytes(0));
    expect(document?.nonce).toBeUndefined();
  });
});
