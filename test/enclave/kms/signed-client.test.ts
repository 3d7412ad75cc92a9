import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createSignedKmsClient,
  type SignedKmsClient,
  type SignedKmsClientOptions,
  TlsAgent,
} from '../../../enclave/kms/index.ts';
import { type EnclaveMetrics, silentMetrics } from '../../../enclave/metrics.ts';
import { TransportError } from '../../../shared/errors.ts';
import { checkSignature, KmsServiceError } from '../../../shared/kms/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { createTlsIdentity } from '../../support/tls.ts';

const HOST = 'localhost';
const NOW = Date.UTC(2026, 10, 5, 12, 0, 0);
const CREDENTIALS = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
const BODY = new TextEncoder().encode('{"KeyId":"key"}');
const identity = await createTlsIdentity(HOST);

interface Received {
  readonly rawHeaders: readonly string[];
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

interface Scene {
  readonly client: SignedKmsClient;
  readonly received: Received[];
  readonly pauses: number[];
  readonly outcomes: string[];
  readonly connections: () => number;
}

/** KMS behind TLS that answers by a script, one entry for each request, the last for all beyond. */
async function start(
  script: readonly Answer[],
  overrides: Partial<SignedKmsClientOptions> = {},
): Promise<Scene> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer(
    { key: identity.key, cert: identity.cert },
    async (request, response) => {
      const answer = script[Math.min(received.length, script.length - 1)];
      const { rawHeaders, method = '', url = '' } = request;
      received.push({ rawHeaders, method, url, body: await buffer(request) });
      answer?.(response, request);
    },
  );
  server.on('secureConnection', () => {
    connections += 1;
  });
  const path = join(temporaryDirectory(), 'kms.sock');
  server.listen(path);
  await once(server, 'listening');
  const agent = new TlsAgent({
    proxy: { kind: 'unix', path },
    host: HOST,
    roots: [identity.ca],
    timeoutMs: 5000,
  });
  onTestFinished(() => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  const pauses: number[] = [];
  const outcomes: string[] = [];
  const metrics: EnclaveMetrics = {
    ...silentMetrics,
    kmsCall: (operation, outcome, ms) => outcomes.push(`${operation} ${outcome} ${ms}`),
  };
  const client = createSignedKmsClient({
    host: HOST,
    region: 'us-east-1',
    agent,
    credentials: { current: async () => CREDENTIALS, discard() {} },
    clock: () => NOW,
    monotonic: () => 0,
    timeoutMs: 5000,
    random: () => 0.5,
    pause: async (ms) => void pauses.push(ms),
    metrics,
    ...overrides,
  });
  return { client, received, pauses, outcomes, connections: () => connections };
}

const ok: Answer = (response) => {
  response.writeHead(200, { 'x-amzn-requestid': 'request-1' }).end('{"KeyId":"key"}');
};
const refuse =
  (statusCode: number, type: string): Answer =>
  (response) => {
    const body = JSON.stringify({ __type: `com.amazon.coral#${type}`, message: 'because' });
    response.writeHead(statusCode, { 'x-amzn-requestid': 'request-2' }).end(body);
  };
const page =
  (statusCode: number): Answer =>
  (response) => {
    response.writeHead(statusCode).end('<html>');
  };
const cut: Answer = (_response, request) => request.socket.destroy();
const throttle = refuse(400, 'ThrottlingException');

describe('a call that is signed by hand', () => {
  it('carries a signature that holds, with the session token, and answers the body', async () => {
    const { client, received, outcomes } = await start([ok]);
    const answer = await client.send('DescribeKey', BODY);
    expect(new TextDecoder().decode(answer.body)).toBe('{"KeyId":"key"}');
    expect(answer.requestId).toBe('request-1');
    expect(outcomes).toEqual(['DescribeKey ok 0']);
    const [request] = received;
    if (request === undefined) throw new Error('nothing came');
    expect(request.rawHeaders).toEqual(
      expect.arrayContaining(['TrentService.DescribeKey', 'application/x-amz-json-1.1', HOST]),
    );
    const signature = checkSignature({
      ...request,
      region: 'us-east-1',
      service: 'kms',
      now: NOW,
      skewSeconds: 0,
      credentialsOf: () => CREDENTIALS,
    });
    expect(signature.accessKeyId).toBe('AKID');
  });

  it('uses a connection again', async () => {
    const { client, connections } = await start([ok]);
    for (let i = 0; i < 3; i++) await client.send('DescribeKey', BODY);
    expect(connections()).toBe(1);
  });

  it.each<[string, readonly Answer[], readonly number[]]>([
    ['throttled once', [throttle, ok], [250]],
    ['throttled twice', [throttle, throttle, ok], [250, 500]],
    ['refused with status 429', [refuse(429, 'Slower'), ok], [250]],
    ['failed in KMS', [refuse(500, 'KMSInternalException'), ok], [50]],
    [
      'timed out in KMS, and then failed',
      [refuse(503, 'DependencyTimeoutException'), page(502), ok],
      [50, 100],
    ],
    ['cut', [cut, ok], [50]],
    ['cut twice', [cut, cut, ok], [50, 100]],
  ])('is made again when it was %s', async (_what, script, expected) => {
    const { client, received, pauses } = await start(script);
    expect((await client.send('Sign', BODY)).requestId).toBe('request-1');
    expect(received).toHaveLength(script.length);
    expect(pauses).toEqual(expected);
  });

  it('is made again when an idle connection turns out to be lost', async () => {
    const { client, received, connections } = await start([ok, cut, ok]);
    await client.send('Sign', BODY);
    await client.send('Sign', BODY);
    expect([received.length, connections()]).toEqual([3, 2]);
  });

  it('is signed anew for each attempt', async () => {
    let now = NOW;
    const { client, received } = await start([throttle, ok], {
      clock: () => {
        now += 1000;
        return now;
      },
    });
    await client.send('Sign', BODY);
    const dates = received.map(
      ({ rawHeaders }) => rawHeaders[rawHeaders.indexOf('x-amz-date') + 1],
    );
    expect(dates).toEqual(['20261105T120001Z', '20261105T120002Z']);
  });

  it.each<[string, Answer, object]>([
    ['throttled', throttle, { type: 'ThrottlingException', requestId: 'request-2' }],
    ['failed', refuse(500, 'KMSInternalException'), { type: 'KMSInternalException' }],
    ['answered by a page', page(503), { code: 'KMS_ANSWER_FORMAT', details: { statusCode: 503 } }],
    ['cut', cut, { code: 'TRANSPORT_LOST' }],
  ])('fails when it was %s three times', async (_what, answer, expected) => {
    const { client, received } = await start([answer]);
    await expect(client.send('Sign', BODY)).rejects.toMatchObject(expected);
    expect(received).toHaveLength(3);
  });

  it.each<[string, Answer, object]>([
    [
      'an exception of KMS',
      refuse(400, 'AccessDeniedException'),
      {
        type: 'AccessDeniedException',
        statusCode: 400,
        wireMessage: 'because',
        requestId: 'request-2',
      },
    ],
    ['a redirection', page(302), { code: 'KMS_ANSWER_FORMAT' }],
    [
      'an upgrade',
      (_response, request) =>
        request.socket.end('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      { code: 'TRANSPORT_LOST' },
    ],
    [
      'more than is accepted',
      (response) => response.end(Buffer.alloc(65_537)),
      { code: 'KMS_ANSWER_TOO_LARGE' },
    ],
  ])('fails on %s', async (_what, answer, expected) => {
    const { client, outcomes } = await start([answer]);
    const error = await client.send('Sign', BODY).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(expected);
    const outcome = error instanceof KmsServiceError ? error.type : (error as TransportError).code;
    expect(outcomes).toEqual([`Sign ${outcome} 0`]);
  });

  it.each<[string, Answer]>([
    ['does not answer', () => undefined],
    ['stops within the answer', (response) => response.writeHead(200).write('{')],
    [
      'goes on and on without an answer',
      (response) => {
        const timer = setInterval(() => response.writeProcessing(), 10);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('fails in time, and once, when KMS %s', async (_what, answer) => {
    const { client, received } = await start([answer], { timeoutMs: 150 });
    await expect(client.send('Sign', BODY)).rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    expect(received).toHaveLength(1);
  });

  it('fails in time while it waits for one of the connections', async () => {
    const { client } = await start([() => undefined], { timeoutMs: 300 });
    const calls = Array.from({ length: 40 }, () => client.send('Sign', BODY));
    const outcomes = await Promise.allSettled(calls);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'TRANSPORT_TIMEOUT' } });
    }
  });

  it('fails at once when nobody is there', async () => {
    const agent = new TlsAgent({
      proxy: { kind: 'unix', path: join(temporaryDirectory(), 'nobody.sock') },
      host: HOST,
      roots: [identity.ca],
      timeoutMs: 5000,
    });
    const { client, pauses } = await start([ok], { agent });
    await expect(client.send('Sign', BODY)).rejects.toMatchObject({ code: 'TRANSPORT_REFUSED' });
    expect(pauses).toEqual([]);
  });

  it('leaves nothing when there are no credentials', async () => {
    const current = async () => {
      throw new TransportError('PARENT_CREDENTIALS_EXPIRED', 'expired');
    };
    const { client, received } = await start([ok], { credentials: { current, discard() {} } });
    await expect(client.send('Sign', BODY)).rejects.toMatchObject({
      code: 'PARENT_CREDENTIALS_EXPIRED',
    });
    expect(received).toEqual([]);
  });

  it.each([
    ['ExpiredTokenException', 1],
    ['UnrecognizedClientException', 1],
    ['AccessDeniedException', 0],
  ])('on %s lets go of the credentials: %i', async (type, expected) => {
    let discarded = 0;
    const credentials = {
      current: async () => CREDENTIALS,
      discard: () => {
        discarded += 1;
      },
    };
    const { client } = await start([refuse(400, type)], { credentials });
    await expect(client.send('Sign', BODY)).rejects.toMatchObject({ type });
    expect(discarded).toBe(expected);
  });
});
