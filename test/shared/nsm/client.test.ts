import { describe, expect, it } from 'vitest';
import { encodeCbor } from '../../../shared/cbor/index.ts';
import {
  createNsmClient,
  encodeResponse,
  type Nsm,
  type NsmClient,
  type NsmErrorName,
  type NsmRequest,
  type NsmResponse,
  parseRequest,
} from '../../../shared/nsm/index.ts';

const PCR = new Uint8Array(48).fill(7);

/** A module that answers as told, and remembers what it was asked. */
function scripted(...responses: readonly (NsmResponse | Uint8Array)[]) {
  const requests: NsmRequest[] = [];
  const nsm: Nsm = {
    async request(message) {
      requests.push(parseRequest(message));
      const response = responses[requests.length - 1];
      if (response === undefined) throw new Error('asked more often than scripted');
      return response instanceof Uint8Array ? response : encodeResponse(response);
    },
    close() {},
  };
  return { client: createNsmClient(nsm), requests };
}

type Call = (client: NsmClient) => Promise<unknown>;

const CALLS: readonly (readonly [string, Call, NsmRequest, NsmResponse, unknown])[] = [
  [
    'describe',
    (client) => client.describe(),
    { command: 'DescribeNSM' },
    {
      command: 'DescribeNSM',
      versionMajor: 1,
      versionMinor: 2,
      versionPatch: 3,
      moduleId: 'i-1-enc2',
      maxPcrs: 32,
      lockedPcrs: [0],
      digest: 'SHA384',
    },
    {
      versionMajor: 1,
      versionMinor: 2,
      versionPatch: 3,
      moduleId: 'i-1-enc2',
      maxPcrs: 32,
      lockedPcrs: [0],
      digest: 'SHA384',
    },
  ],
  [
    'describePcr',
    (client) => client.describePcr(3),
    { command: 'DescribePCR', index: 3 },
    { command: 'DescribePCR', lock: true, data: PCR },
    { lock: true, data: PCR },
  ],
  [
    'extendPcr',
    (client) => client.extendPcr(16, Uint8Array.of(1)),
    { command: 'ExtendPCR', index: 16, data: Uint8Array.of(1) },
    { command: 'ExtendPCR', data: PCR },
    PCR,
  ],
  [
    'lockPcr',
    (client) => client.lockPcr(16),
    { command: 'LockPCR', index: 16 },
    { command: 'LockPCR' },
    undefined,
  ],
  [
    'lockPcrs',
    (client) => client.lockPcrs(18),
    { command: 'LockPCRs', range: 18 },
    { command: 'LockPCRs' },
    undefined,
  ],
  [
    'attest',
    (client) => client.attest({ nonce: Uint8Array.of(5) }),
    { command: 'Attestation', userData: null, nonce: Uint8Array.of(5), publicKey: null },
    { command: 'Attestation', document: Uint8Array.of(0x84, 1) },
    Uint8Array.of(0x84, 1),
  ],
  [
    'getRandom',
    (client) => client.getRandom(2),
    { command: 'GetRandom' },
    { command: 'GetRandom', random: Uint8Array.of(1, 2, 3) },
    Uint8Array.of(1, 2),
  ],
];

describe('createNsmClient', () => {
  it.each(CALLS)(
    '%s sends its command and reads the answer',
    async (_, call, request, response, result) => {
      const { client, requests } = scripted(response);
      expect(await call(client)).toEqual(result);
      expect(requests).toEqual([request]);
    },
  );

  it.each(CALLS)('%s refuses the answer to another command', async (_, call, request) => {
    const wrong: NsmResponse =
      request.command === 'LockPCR' ? { command: 'LockPCRs' } : { command: 'LockPCR' };
    await expect(call(scripted(wrong).client)).rejects.toMatchObject({
      code: 'NSM_INVALID_RESPONSE',
    });
  });

  it.each([
    ['InvalidArgument', 'NSM_INVALID_ARGUMENT'],
    ['InvalidIndex', 'NSM_INVALID_INDEX'],
    ['ReadOnlyIndex', 'NSM_READ_ONLY_INDEX'],
    ['InvalidOperation', 'NSM_INVALID_OPERATION'],
    ['BufferTooSmall', 'NSM_BUFFER_TOO_SMALL'],
    ['InputTooLarge', 'NSM_INPUT_TOO_LARGE'],
    ['InternalError', 'NSM_INTERNAL_ERROR'],
  ] as const satisfies readonly (readonly [NsmErrorName, string])[])(
    'throws for the error %s the code %s',
    async (error, code) => {
      const { client } = scripted({ command: 'Error', error });
      await expect(client.lockPcr(16)).rejects.toMatchObject({
        code,
        details: { command: 'LockPCR' },
      });
    },
  );

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no CBOR', Uint8Array.of(0xff)],
    ['an unknown error', encodeCbor(new Map([['Error', 'Unheard']]))],
  ])('refuses %s as an answer', async (_, bytes) => {
    await expect(scripted(bytes).client.describe()).rejects.toMatchObject({
      code: 'NSM_INVALID_RESPONSE',
    });
  });

  it.each(['publicKey', 'userData', 'nonce'] as const)(
    'sends a %s of 1024 bytes, and refuses one more before the module is asked',
    async (field) => {
      const { client, requests } = scripted({ command: 'Attestation', document: PCR });
      await client.attest({ [field]: new Uint8Array(1024) });
      expect(requests).toMatchObject([{ [field]: new Uint8Array(1024) }]);
      await expect(client.attest({ [field]: new Uint8Array(1025) })).rejects.toMatchObject({
        code: 'NSM_INPUT_TOO_LARGE',
      });
      expect(requests).toHaveLength(1);
    },
  );

  it('keeps an empty attestation field apart from an absent one', async () => {
    const { client, requests } = scripted({ command: 'Attestation', document: PCR });
    await client.attest({ userData: new Uint8Array(0) });
    expect(requests).toMatchObject([{ userData: new Uint8Array(0), nonce: null }]);
  });

  it('asks for random bytes until it has enough', async () => {
    const { client, requests } = scripted(
      { command: 'GetRandom', random: new Uint8Array(256).fill(1) },
      { command: 'GetRandom', random: new Uint8Array(100).fill(2) },
      { command: 'GetRandom', random: new Uint8Array(256).fill(3) },
    );
    const bytes = await client.getRandom(400);
    expect(requests).toHaveLength(3);
    expect([0, 255, 256, 355, 356, 399].map((i) => bytes[i])).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('fails when no random bytes come', async () => {
    const { client } = scripted({ command: 'GetRandom', random: new Uint8Array(0) });
    await expect(client.getRandom(1)).rejects.toMatchObject({ code: 'NSM_INVALID_RESPONSE' });
  });

  it.each([0, -1, 1.5, Number.NaN, 65_537])('refuses to fetch %s random bytes', async (length) => {
    await expect(scripted().client.getRandom(length)).rejects.toMatchObject({
      code: 'NSM_INVALID_ARGUMENT',
    });
  });
});
