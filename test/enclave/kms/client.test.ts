// The attested client as a whole, against a KMS that says what it is told to over TLS.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GenerateRandomCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../../enclave/kms/bounded-answer.ts';
import {
  type CredentialStore,
  countCallsInFlight,
  createAttestedKmsClient,
} from '../../../enclave/kms/index.ts';
import { createNsmClient } from '../../../shared/nsm/index.ts';
import { developmentNsm } from '../../support/development-nsm.ts';
import { createTestKeyRing } from '../../support/key-ring.ts';
import { createTlsIdentity } from '../../support/tls.ts';

const HOST = 'kms.us-east-1.amazonaws.com';
const { ca, ...server } = await createTlsIdentity(HOST);

async function start(options: {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly credentials: Pick<CredentialStore, 'current' | 'discard'>;
  readonly clock?: () => number;
}) {
  const kms = createServer(server, (request, response) => {
    request.resume();
    options.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(kms, 'listening');
  const keyRing = await createTestKeyRing({ nsm: createNsmClient((await developmentNsm()).nsm) });
  const inFlight = countCallsInFlight();
  const counted: unknown[][] = [];
  const client = createAttestedKmsClient({
    region: 'us-east-1',
    host: HOST,
    proxy: { kind: 'tcp', host: '127.0.0.1', port: (kms.address() as AddressInfo).port },
    timeoutMs: 5000,
    roots: [ca],
    keyRing,
    inFlight,
    credentials: options.credentials,
    clock: options.clock ?? Date.now,
    now: Date.now,
    monotonic: () => 0,
    metrics: { kmsCall: (...call) => counted.push(call) },
  });
  onTestFinished(() => {
    client.destroy();
    keyRing.close();
    kms.closeAllConnections();
    kms.close();
  });
  return {
    inFlight,
    counted,
    ask: () => client.send(new GenerateRandomCommand({ NumberOfBytes: 1 })),
  };
}

function refuse(response: ServerResponse, type: string): void {
  response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: type, message: 'no' }));
}

const keys = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: 'secret' });

describe('the attested client', () => {
  it('asks the store for each call, whatever it was given before', async () => {
    const used: string[] = [];
    let calls = 0;
    const { ask } = await start({
      answer(request, response) {
        used.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
        refuse(response, 'AccessDeniedException');
      },
      credentials: {
        async current() {
          calls += 1;
          // One without an end, one with an end that is far away by the kernel's clock.
          const expiration = new Date(Date.now() + 86_400_000);
          return calls === 1 ? keys('ASIA1') : { ...keys(`ASIA${calls}`), expiration };
        },
        discard: () => undefined,
      },
    });
    for (let n = 0; n < 3; n += 1) await expect(ask()).rejects.toThrow('no');
    expect(new Set(used).size).toBe(3);
  });

  it("signs by the trusted clock, and not by the kernel's or the server's", async () => {
    const times: unknown[] = [];
    const { ask } = await start({
      answer(request, response) {
        times.push(String(request.headers['x-amz-date']).slice(0, 13));
        response.setHeader('Date', new Date(0).toUTCString());
        refuse(response, 'AccessDeniedException');
      },
      credentials: { current: async () => keys('ASIA1'), discard: () => undefined },
      clock: () => Date.UTC(2031, 4, 6, 7, 30),
    });
    await expect(ask()).rejects.toThrow('no');
    await expect(ask()).rejects.toThrow('no');
    expect(new Set(times)).toEqual(new Set(['20310506T0730']));
  });

  it.each([
    ['ExpiredTokenException', 1],
    ['UnrecognizedClientException', 1],
    ['AccessDeniedException', 0],
  ])('lets go of credentials that KMS refuses as %s: %i', async (type, discarded) => {
    let count = 0;
    const { ask, counted } = await start({
      answer: (_request, response) => refuse(response, type),
      credentials: {
        current: async () => keys('ASIA1'),
        discard: () => {
          count += 1;
        },
      },
    });
    await expect(ask()).rejects.toMatchObject({ name: type });
    expect(count).toBe(discarded);
    expect(counted).toEqual([['GenerateRandom', type, 0]]);
  });

  it.each([
    ['an answer', 200],
    ['a refusal', 400],
  ])('reads %s as far as a bound, and no further', async (_what, status) => {
    let sent = 0;
    const { ask, counted } = await start({
      answer(_request, response) {
        response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' });
        const chunk = Buffer.alloc(65_536, ' ');
        const more = (): void => {
          sent += chunk.length;
          if (sent < 64 * MAX_ANSWER_BYTES) response.write(chunk, more);
          else response.end();
        };
        more();
      },
      credentials: { current: async () => keys('ASIA1'), discard: () => undefined },
    });
    await expect(ask()).rejects.toMatchObject({
      code: 'KMS_ANSWER_TOO_LARGE',
      message: `${HOST} answered with more than ${MAX_ANSWER_BYTES} bytes`,
    });
    expect(counted).toEqual([['GenerateRandom', 'KMS_ANSWER_TOO_LARGE', 0]]);
    // What the kernel's buffers hold of it on the way is all that was sent beyond.
    expect(sent).toBeLessThan(32 * MAX_ANSWER_BYTES);
  });

  it('reads an answer of the length of the bound', async () => {
    const { ask } = await start({
      answer(_request, response) {
        const refusal = JSON.stringify({ __type: 'AccessDeniedException', message: 'no' });
        response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' });
        response.end(refusal.padEnd(MAX_ANSWER_BYTES));
      },
      credentials: { current: async () => keys('ASIA1'), discard: () => undefined },
    });
    await expect(ask()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('drains: calls under way end, others are refused', async () => {
    const arrived: ServerResponse[] = [];
    let tell: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const { ask, inFlight } = await start({
      answer(_request, response) {
        arrived.push(response);
        tell();
      },
      credentials: { current: async () => keys('ASIA1'), discard: () => undefined },
    });
    const underWay = expect(ask()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await first;
    const drained = inFlight.drain(60_000);
    await expect(ask()).rejects.toMatchObject({ code: 'READY_CLOSING' });
    for (const response of arrived) refuse(response, 'AccessDeniedException');
    await underWay;
    expect(await drained).toBe(0);
  });

  it('drains for no longer than it is told', async () => {
    const { ask, inFlight } = await start({
      answer: () => undefined,
      credentials: { current: () => new Promise(() => undefined), discard: () => undefined },
    });
    void ask().catch(() => undefined);
    expect(await inFlight.drain(10)).toBe(1);
  });
});
