import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCbor, encodeIndefiniteMap } from '../../../shared/cbor/index.ts';
import { encodeHex, parseHex } from '../../../shared/encoding.ts';
import { NsmError } from '../../../shared/errors.ts';
import {
  encodeRequest,
  encodeResponse,
  type NsmRequest,
  type NsmResponse,
  parseRequest,
  parseResponse,
} from '../../../shared/nsm/index.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const NOTHING = { userData: null, nonce: null, publicKey: null };
const PCR = new Uint8Array(48).fill(7);

/** As AWS's library encodes them. */
const REQUESTS: readonly (readonly [string, string, NsmRequest])[] = [
  ['DescribeNSM', '6b44657363726962654e534d', { command: 'DescribeNSM' }],
  ['GetRandom', '6947657452616e646f6d', { command: 'GetRandom' }],
  [
    'DescribePCR 0',
    'a16b4465736372696265504352a165696e64657800',
    { command: 'DescribePCR', index: 0 },
  ],
  ['LockPCR 16', 'a1674c6f636b504352a165696e64657810', { command: 'LockPCR', index: 16 }],
  ['LockPCRs range 18', 'a1684c6f636b50435273a16572616e676512', { command: 'LockPCRs', range: 18 }],
  [
    'ExtendPCR 16 with 010203',
    'a169457874656e64504352a265696e64657810646461746143010203',
    { command: 'ExtendPCR', index: 16, data: Uint8Array.of(1, 2, 3) },
  ],
  [
    'Attestation, all null',
    'a16b4174746573746174696f6ea369757365725f64617461f6656e6f6e6365f66a7075626c69635f6b6579f6',
    { command: 'Attestation', ...NOTHING },
  ],
];

const RESPONSES: readonly (readonly [string, NsmResponse])[] = [
  [
    'DescribeNSM',
    {
      command: 'DescribeNSM',
      versionMajor: 1,
      versionMinor: 0,
      versionPatch: 0,
      moduleId: 'i-0123456789abcdef0-enc0123456789abcdef',
      maxPcrs: 32,
      lockedPcrs: [0, 1, 2, 16],
      digest: 'SHA384',
    },
  ],
  ['DescribePCR', { command: 'DescribePCR', lock: true, data: PCR }],
  ['ExtendPCR', { command: 'ExtendPCR', data: PCR }],
  ['LockPCR', { command: 'LockPCR' }],
  ['LockPCRs', { command: 'LockPCRs' }],
  ['Attestation', { command: 'Attestation', document: Uint8Array.of(0x84) }],
  ['GetRandom', { command: 'GetRandom', random: new Uint8Array(256) }],
  ['Error', { command: 'Error', error: 'InvalidArgument' }],
];

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof NsmError) return error.code;
    throw error;
  }
  return undefined;
}

function map(fields: Readonly<Record<string, Parameters<typeof encodeCbor>[0]>>) {
  return new Map(Object.entries(fields));
}

describe('requests', () => {
  it.each(REQUESTS)('encode and parse %s to the byte', (_, hex, request) => {
    expect(encodeHex(encodeRequest(request))).toBe(hex);
    expect(parseRequest(parseHex(hex))).toEqual(request);
  });

  it('take attestation fields that are missing for null', () => {
    const message = encodeCbor(map({ Attestation: map({ nonce: Uint8Array.of(1) }) }));
    expect(parseRequest(message)).toEqual({
      command: 'Attestation',
      ...NOTHING,
      nonce: Uint8Array.of(1),
    });
    expect(parseRequest(encodeCbor(map({ Attestation: map({}) })))).toEqual({
      command: 'Attestation',
      ...NOTHING,
    });
  });

  it('take fields in any order', () => {
    const message = encodeCbor(map({ ExtendPCR: map({ data: Uint8Array.of(9), index: 17 }) }));
    expect(parseRequest(message)).toEqual({
      command: 'ExtendPCR',
      index: 17,
      data: Uint8Array.of(9),
    });
  });

  it.each([
    ['an unknown command', 'Reboot'],
    ['an unknown command with fields', map({ Reboot: map({ index: 0 }) })],
    ['a command that wants fields as bare text', 'Attestation'],
    ['a command without fields as a map', map({ GetRandom: map({}) })],
    ['a command with null', map({ DescribePCR: null })],
    ['a number', 1],
    ['an array', ['DescribeNSM']],
    ['a byte string', new Uint8Array(3)],
    ['an empty map', map({})],
    ['two commands', map({ LockPCR: map({ index: 1 }), LockPCRs: map({ range: 1 }) })],
    ['a missing index', map({ DescribePCR: map({}) })],
    ['a negative index', map({ DescribePCR: map({ index: -1 }) })],
    ['an index beyond 16 bits', map({ LockPCR: map({ index: 65536 }) })],
    ['an index as text', map({ LockPCR: map({ index: '1' }) })],
    ['a missing range', map({ LockPCRs: map({ index: 1 }) })],
    ['a range beyond 16 bits', map({ LockPCRs: map({ range: 65536 }) })],
    ['missing data', map({ ExtendPCR: map({ index: 16 }) })],
    ['data as text', map({ ExtendPCR: map({ index: 16, data: 'abc' }) })],
    ['data as null', map({ ExtendPCR: map({ index: 16, data: null }) })],
    ['an attestation field as text', map({ Attestation: map({ nonce: 'abc' }) })],
    ['an attestation field as a boolean', map({ Attestation: map({ user_data: false }) })],
    ['an unknown attestation field', map({ Attestation: map({ pcrs: null }) })],
    ['a field too many', map({ DescribePCR: map({ index: 0, data: Uint8Array.of(1) }) })],
    ['a field named by a number', new Map([['DescribePCR', new Map([[0, 0]])]])],
  ])('are refused as invalid operation for %s', (_, value) => {
    expect(codeOf(() => parseRequest(encodeCbor(value)))).toBe('NSM_INVALID_OPERATION');
  });

  it.each([
    ['nothing', ''],
    ['bytes after the request', '6947657452616e646f6d00'],
    ['an indefinite map', 'bf674c6f636b504352a165696e64657810ff'],
    ['a float', 'a1674c6f636b504352a165696e646578f94c00'],
    ['an index not in its shortest form', 'a1674c6f636b504352a165696e6465781810'],
    ['the same field twice', 'a1674c6f636b504352a265696e6465781065696e64657811'],
    ['deep nesting', '81'.repeat(2000)],
  ])('are refused as invalid operation for %s', (_, hex) => {
    expect(codeOf(() => parseRequest(parseHex(hex)))).toBe('NSM_INVALID_OPERATION');
  });

  it('may have 4096 bytes, and no more', () => {
    const overhead = encodeRequest({
      command: 'ExtendPCR',
      index: 16,
      data: new Uint8Array(256),
    }).length;
    const data = new Uint8Array(4096 - (overhead - 256));
    const message = encodeRequest({ command: 'ExtendPCR', index: 16, data });
    expect(message).toHaveLength(4096);
    expect(parseRequest(message)).toMatchObject({ command: 'ExtendPCR' });
    const longer = { command: 'ExtendPCR', index: 16, data: new Uint8Array(data.length + 1) };
    expect(codeOf(() => encodeRequest(longer as NsmRequest))).toBe('NSM_INPUT_TOO_LARGE');
    expect(codeOf(() => parseRequest(new Uint8Array(4097)))).toBe('NSM_INPUT_TOO_LARGE');
  });

  it.each([-1, 65536, 1.5, Number.NaN])('are not encoded with the index %s', (index) => {
    expect(codeOf(() => encodeRequest({ command: 'DescribePCR', index }))).toBe(
      'NSM_INVALID_ARGUMENT',
    );
    expect(codeOf(() => encodeRequest({ command: 'LockPCRs', range: index }))).toBe(
      'NSM_INVALID_ARGUMENT',
    );
  });

  const bytes = fc.uint8Array({ maxLength: 1024 });
  const u16 = fc.integer({ min: 0, max: 0xffff });
  const request: fc.Arbitrary<NsmRequest> = fc.oneof(
    fc.record({ command: fc.constantFrom('DescribeNSM', 'GetRandom') }),
    fc.record({ command: fc.constantFrom('DescribePCR', 'LockPCR'), index: u16 }),
    fc.record({ command: fc.constant('LockPCRs'), range: u16 }),
    fc.record({ command: fc.constant('ExtendPCR'), index: u16, data: bytes }),
    fc.record({
      command: fc.constant('Attestation'),
      userData: fc.option(bytes),
      nonce: fc.option(bytes),
      publicKey: fc.option(bytes),
    }),
  );

  it('come back as they were encoded', () => {
    fc.assert(
      fc.property(request, (one) => {
        expect(parseRequest(encodeRequest(one))).toEqual(one);
      }),
    );
  });

  it('are parsed or refused with a code, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        expect([undefined, 'NSM_INVALID_OPERATION']).toContain(codeOf(() => parseRequest(message)));
      }),
    );
  });

  it.each(REQUESTS)('%s cut short is refused', (_, hex) => {
    for (const prefix of truncations(parseHex(hex))) {
      expect(codeOf(() => parseRequest(prefix))).toBe('NSM_INVALID_OPERATION');
    }
  });

  it.each(REQUESTS)('%s with one byte changed is another request or refused', (_, hex) => {
    for (const { mutated } of oneByteMutations(parseHex(hex))) {
      let parsed: NsmRequest | undefined;
      expect(
        codeOf(() => {
          parsed = parseRequest(mutated);
        }),
      ).toBeOneOf([undefined, 'NSM_INVALID_OPERATION']);
      // What parses has exactly one encoding: no mutant means what the original means.
      if (parsed) expect(encodeRequest(parsed)).not.toEqual(parseHex(hex));
    }
  });
});

describe('responses', () => {
  it.each(RESPONSES)('encode and parse %s', (_, response) => {
    expect(parseResponse(encodeResponse(response))).toEqual(response);
  });

  it('encode an error to the byte', () => {
    const hex = 'a1654572726f726f496e76616c6964417267756d656e74';
    expect(encodeHex(encodeResponse({ command: 'Error', error: 'InvalidArgument' }))).toBe(hex);
  });

  it('encode a lock as bare text', () => {
    expect(encodeHex(encodeResponse({ command: 'LockPCR' }))).toBe('674c6f636b504352');
    expect(encodeHex(encodeResponse({ command: 'LockPCRs' }))).toBe('684c6f636b50435273');
  });

  it('may have an outer map of indefinite length, any order of fields, and unknown ones', () => {
    const message = encodeIndefiniteMap([
      ['DescribePCR', map({ later: 1, data: PCR, lock: false })],
    ]);
    expect(parseResponse(message)).toEqual({ command: 'DescribePCR', lock: false, data: PCR });
  });

  const description = {
    version_major: 1,
    version_minor: 0,
    version_patch: 0,
    module_id: 'i-1-enc2',
    max_pcrs: 32,
    locked_pcrs: [0, 1],
    digest: 'SHA384',
  };
  it.each([
    ['an unknown text', 'GetRandom'],
    ['a number', 0],
    ['an empty map', map({})],
    ['two answers', map({ GetRandom: map({ random: PCR }), Error: 'InternalError' })],
    ['an unknown error', map({ Error: 'OutOfCheese' })],
    ['an error that no device sends', map({ Error: 'Success' })],
    ['an error that is an inherited property', map({ Error: 'toString' })],
    ['an error as a number', map({ Error: 1 })],
    ['an unknown answer', map({ Reboot: map({}) })],
    ['an empty random', map({ GetRandom: map({ random: new Uint8Array(0) }) })],
    ['a random of 257 bytes', map({ GetRandom: map({ random: new Uint8Array(257) }) })],
    ['an empty document', map({ Attestation: map({ document: new Uint8Array(0) }) })],
    ['a document as text', map({ Attestation: map({ document: 'text' }) })],
    ['a register of 47 bytes', map({ ExtendPCR: map({ data: new Uint8Array(47) }) })],
    ['a register without its lock', map({ DescribePCR: map({ data: PCR }) })],
    ['a lock as a number', map({ DescribePCR: map({ lock: 1, data: PCR }) })],
    ['an empty module_id', map({ DescribeNSM: map({ ...description, module_id: '' }) })],
    ['another digest', map({ DescribeNSM: map({ ...description, digest: 'SHA256' }) })],
    ['a negative version', map({ DescribeNSM: map({ ...description, version_minor: -1 }) })],
    ['locked_pcrs as a number', map({ DescribeNSM: map({ ...description, locked_pcrs: 3 }) })],
    [
      'locked_pcrs out of order',
      map({ DescribeNSM: map({ ...description, locked_pcrs: [1, 1] }) }),
    ],
  ])('are refused for %s', (_, value) => {
    expect(codeOf(() => parseResponse(encodeCbor(value)))).toBe('NSM_INVALID_RESPONSE');
  });

  it('are refused over 0x3000 bytes', () => {
    const response = { command: 'Attestation', document: new Uint8Array(0x3000) } as const;
    expect(codeOf(() => parseResponse(encodeResponse(response)))).toBe('NSM_INVALID_RESPONSE');
  });

  it.each(RESPONSES)('%s cut short is refused', (_, response) => {
    for (const prefix of truncations(encodeResponse(response))) {
      expect(codeOf(() => parseResponse(prefix))).toBe('NSM_INVALID_RESPONSE');
    }
  });

  it.each(RESPONSES)('%s with one byte changed is parsed or refused with a code', (_, response) => {
    for (const { mutated } of oneByteMutations(encodeResponse(response))) {
      expect(codeOf(() => parseResponse(mutated))).toBeOneOf([undefined, 'NSM_INVALID_RESPONSE']);
    }
  });

  it('are parsed or refused with a code, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
        expect([undefined, 'NSM_INVALID_RESPONSE']).toContain(codeOf(() => parseResponse(message)));
      }),
    );
  });
});
