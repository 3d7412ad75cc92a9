import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BROKER_API_ROUTES } from '../../../enclave/api/broker-api.ts';
import { type ParentApiOptions, startParentApi } from '../../../enclave/api/index.ts';
import { PARENT_API_ROUTES } from '../../../enclave/api/parent-api.ts';
import { createClientAttester } from '../../../enclave/attestation/index.ts';
import { silentMetrics } from '../../../enclave/metrics.ts';
import {
  createVerifier,
  encodeClientBinding,
  parseAttestationDocument,
} from '../../../shared/attestation/node.ts';
import { NsmError } from '../../../shared/errors.ts';
import { createNsmClient } from '../../../shared/nsm/index.ts';
import { type Address, connect } from '../../../shared/vsock/index.ts';
import {
  askApi,
  encodeBody,
  NOT_READY,
  READY,
  scriptedAttester,
  scriptedMetrics,
} from '../../support/api.ts';
import { deferred } from '../../support/deferred.ts';
import { developmentNsm } from '../../support/development-nsm.ts';
import { type LogRecorder, recordLog } from '../../support/log-recorder.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { vsockLoopback } from '../../support/vsock.ts';

const VSOCK: Address = { kind: 'vsock', cid: 1, port: 0xffff_ffff };
const nonce = Buffer.from('a nonce').toString('base64');
const data = Buffer.from('a key').toString('base64');

async function start(
  changes: Partial<ParentApiOptions> = {},
): Promise<{ address: Address; log: LogRecorder; close: () => Promise<void> }> {
  const log = recordLog();
  const api = await startParentApi({
    listen: { kind: 'unix', path: join(temporaryDirectory(), 'p') },
    attester: scriptedAttester,
    readiness: { report: () => READY },
    metrics: scriptedMetrics,
    logger: log,
    closeGraceMs: 2000,
    ...changes,
  });
  onTestFinished(() => api.close());
  return { address: api.address, log, close: () => api.close() };
}

describe('the API towards the parent', () => {
  it('has four paths, and derive-key is none of them', async () => {
    const paths = PARENT_API_ROUTES.map(({ method, url }) => `${method} ${url}`);
    expect(paths).toEqual(['POST /v1/attestation', 'GET /healthz', 'GET /readyz', 'GET /metrics']);
    const { address } = await start();
    for (const { method, url } of PARENT_API_ROUTES) {
      const body = method === 'POST' ? { nonce, data } : undefined;
      const { status } = await askApi(address, { method, path: url, body });
      expect([url, status]).toEqual([url, 200]);
    }
  });

  it('answers nothing else, whatever the method', async () => {
    const { address } = await start();
    const served = new Set(PARENT_API_ROUTES.map(({ method, url }) => `${method} ${url}`));
    const paths = [
      ...BROKER_API_ROUTES.map(({ url }) => url),
      '/',
      '/v1',
      '/v1/derive-key/',
      '/v1/attestation/',
      '/V1/attestation',
      '/v1/%64erive-key',
      '//v1/derive-key',
      '/v1/attestation/../derive-key',
      '/openapi.json',
    ];
    const others: string[] = [];
    for (const path of paths) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
        if (served.has(`${method} ${path}`)) continue;
        const { status, json } = await askApi(address, { method, path });
        if (status !== 404 || (method !== 'HEAD' && json?.code !== 'API_ROUTE')) {
          others.push(`${method} ${path} ${status}`);
        }
      }
    }
    expect(others).toEqual([]);
  });

  it('gives a document that a client verifies with exported functions alone', async () => {
    const { nsm, root, register } = await developmentNsm();
    const configHash = new Uint8Array(32).fill(0xc0);
    const attester = createClientAttester({
      nsm: createNsmClient(nsm),
      configHash,
      metrics: silentMetrics,
    });
    const { address } = await start({ attester });
    const { status, json } = await askApi(address, {
      path: '/v1/attestation',
      body: { nonce, data },
    });
    expect(status).toBe(200);

    const document = Buffer.from(String(json?.document), 'base64');
    const binding = Buffer.from(String(json?.binding), 'base64');
    const own = Buffer.from(data, 'base64');
    expect(binding).toEqual(
      Buffer.from(encodeClientBinding({ purpose: 'client', configHash, data: own })),
    );
    const { timestamp, publicKey } = parseAttestationDocument(document);
    expect(publicKey).toBeUndefined();
    const report = await createVerifier({ trustAnchors: [{ der: root.certificate }] }).verify(
      document,
      {
        clock: { mode: 'live', now: () => timestamp, maxAgeSeconds: 60, skewSeconds: 0 },
        measurements: { enclave: [new Map([[0, register]])] },
        nonce: Buffer.from(nonce, 'base64'),
        debug: 'refused',
        clientBinding: { purpose: 'client', binding, configHash, data: own },
      },
    );
    expect(report.failure).toBeUndefined();
  });

  it.each([
    ['a public key', { nonce, data, publicKey: data }],
    ['a public key by its field', { nonce, data, public_key: data }],
    ['user data', { nonce, data, userData: data }],
    ['a purpose', { nonce, data, purpose: 'enclave' }],
    ['a member of Object', JSON.stringify({ nonce, data }).replace('{', '{"__proto__":{},')],
    ['no nonce', { data }],
    ['no data', { nonce }],
    ['an empty nonce', { nonce: '', data }],
    ['a null nonce', { nonce: null, data }],
    ['a number for a nonce', { nonce: 1234, data }],
    ['a list for a nonce', { nonce: [nonce], data }],
    ['a nonce of 514 bytes', { nonce: Buffer.alloc(514).toString('base64'), data }],
    ['too much data', { nonce, data: Buffer.alloc(8195).toString('base64') }],
    ['a list', [nonce, data]],
    ['a text', '"text"'],
    ['null', 'null'],
    ['nothing', ''],
    ['no JSON', '{'],
    ['a member twice', `{"nonce":"${nonce}","nonce":"${nonce}","data":""}`],
    ['nested lists', '['.repeat(9000)],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('refuses a body with %s', async (_what, body) => {
    const { address } = await start();
    const answer = await askApi(address, { path: '/v1/attestation', method: 'POST', body });
    expect([answer.status, answer.json?.code]).toEqual([400, 'API_BODY']);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(Object.keys(answer.json ?? {})).toEqual(['status', 'title', 'code', 'detail']);
  });

  it.each([
    ['base64url', { nonce: '-_-_', data }],
    ['base64 without padding', { nonce: 'AAAAA', data }],
    ['white space', { nonce: 'AAA=\n', data }],
  ])('refuses a nonce in %s', async (_what, body) => {
    const { address } = await start();
    const answer = await askApi(address, { path: '/v1/attestation', body });
    expect([answer.status, answer.json?.code]).toEqual([400, 'BASE64_SYNTAX']);
  });

  it('refuses a nonce of 513 bytes where it is known how long it is', async () => {
    const { nsm } = await developmentNsm();
    const { address } = await start({
      attester: createClientAttester({
        nsm: createNsmClient(nsm),
        configHash: new Uint8Array(32),
        metrics: silentMetrics,
      }),
    });
    const body = { nonce: Buffer.alloc(513).toString('base64'), data };
    const answer = await askApi(address, { path: '/v1/attestation', body });
    expect([answer.status, answer.json?.code]).toEqual([400, 'CLIENT_NONCE']);
  });

  it.each([
    ['text/plain', 415, 'API_MEDIA_TYPE'],
    ['application/x-www-form-urlencoded', 415, 'API_MEDIA_TYPE'],
    ['multipart/form-data; boundary=x', 415, 'API_MEDIA_TYPE'],
  ])('refuses a body of %s', async (type, status, code) => {
    const { address } = await start();
    const answer = await askApi(address, {
      path: '/v1/attestation',
      body: { nonce, data },
      headers: { 'content-type': type },
    });
    expect([answer.status, answer.json?.code]).toEqual([status, code]);
  });

  it('refuses a body that is too long', async () => {
    const { address } = await start();
    const body = ' '.repeat(20_000);
    const answer = await askApi(address, { path: '/v1/attestation', body });
    expect([answer.status, answer.json?.code]).toEqual([413, 'API_BODY_TOO_LARGE']);
  });

  it('refuses a body that does not say how long it is, and is too long', async () => {
    const { address } = await start();
    const socket = await connect(address, { timeoutMs: 5000 });
    onTestFinished(() => void socket.destroy());
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    socket.write(
      `POST /v1/attestation HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk}${chunk}`,
    );
    const answer = await new Promise((resolve) =>
      socket.once('data', (head) => resolve(`${head}`)),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*API_BODY_TOO_LARGE/s);
  });

  it('refuses a body where none is read', async () => {
    const { address } = await start();
    const answer = await askApi(address, { method: 'POST', path: '/healthz', body: {} });
    expect([answer.status, answer.json?.code]).toEqual([404, 'API_ROUTE']);
  });

  it('says which checks do not hold by codes, and no more', async () => {
    const { address } = await start({ readiness: { report: () => NOT_READY } });
    const answer = await askApi(address, { path: '/readyz' });
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({
      ready: false,
      closing: false,
      checks: [
        { check: 'clock', ok: true },
        {
          check: 'credentials',
          ok: false,
          code: 'READY_CREDENTIALS',
          reason: 'TRANSPORT_REFUSED',
        },
      ],
    });
    expect((await askApi(address, { path: '/healthz' })).json).toEqual({ status: 'ok' });
  });

  it('gives metrics as Prometheus reads them', async () => {
    const { address } = await start();
    const answer = await askApi(address, { path: '/metrics' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.text).toBe('# HELP one one\n');
  });

  it.each<[what: string, error: unknown, status: number, code: string]>([
    ['a module that is busy', new NsmError('NSM_QUEUE_FULL', 'of /dev/nsm'), 503, 'NSM_QUEUE_FULL'],
    ['a fault', new TypeError('of /dev/nsm'), 500, 'INTERNAL'],
    ['what is no error', 'of /dev/nsm', 500, 'INTERNAL'],
  ])('tells no more than the code of %s', async (_what, error, status, code) => {
    const { address, log } = await start({
      attester: {
        attest: async () => {
          throw error;
        },
      },
    });
    const answer = await askApi(address, { path: '/v1/attestation', body: { nonce, data } });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ status, title: expect.any(String), code });
    expect((await log.next('api failed')).fields).toMatchObject({ path: '/v1/attestation' });
  });
});

describe.each<[kind: string, listen: () => Address]>([
  ['a Unix socket', () => ({ kind: 'unix', path: join(temporaryDirectory(), 'p') })],
  ['TCP', () => ({ kind: 'tcp', host: '127.0.0.1', port: 0 })],
  ...(vsockLoopback ? [['vsock', () => VSOCK] as [string, () => Address]] : []),
])(
  `a connection over %s${vsockLoopback ? '' : ' (vsock SKIPPED: no loopback)'}`,
  (_kind, listen) => {
    async function open(changes: Partial<ParentApiOptions> = {}) {
      const { address, close } = await start({ listen: listen(), ...changes });
      const socket = await connect(address, { timeoutMs: 5000 });
      onTestFinished(() => void socket.destroy());
      return { address, socket, close };
    }
    const get = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const body = encodeBody({ nonce, data });
    const post = `POST /v1/attestation HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;

    it('carries several requests, one after the other and at once', async () => {
      const { socket } = await open();
      socket.write(get + get);
      socket.end(`${post}${body}${get}`);
      const answers = (await readText(socket)).match(/HTTP\/1\.1 \d+/g);
      expect(answers).toEqual(Array(4).fill('HTTP/1.1 200'));
    });

    it('ends when its next request does not come whole in time, however it drips', async () => {
      const { socket } = await open({ exchangeTimeoutMs: 300 });
      const answers: Buffer[] = [];
      socket.on('data', (chunk) => answers.push(chunk));
      socket.on('error', () => undefined);
      socket.write(get + post.replace(/length: \d+/, 'length: 10000'));
      const drip = setInterval(() => socket.write(' '), 20);
      await new Promise((resolve) => socket.once('close', resolve));
      clearInterval(drip);
      expect(
        Buffer.concat(answers)
          .toString()
          .match(/HTTP\/1\.1 \d+/g),
      ).toEqual(['HTTP/1.1 200']);
    });

    it('ends when nothing comes', async () => {
      const { socket } = await open({ exchangeTimeoutMs: 100 });
      expect(await readText(socket)).toBe('');
    });

    it('gets problem details for what is not HTTP, and ends', async () => {
      const { socket } = await open();
      socket.write('\x16\x03\x01 not HTTP\r\n\r\n');
      const answer = await readText(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json\r\n/s);
      expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ code: 'API_BODY' });
    });

    it('gets no more than 8 KiB of headers through', async () => {
      const { socket } = await open();
      socket.write(`GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(9000)}\r\n\r\n`);
      expect(await readText(socket)).toMatch(/^HTTP\/1\.1 400 /);
    });

    it('ends when the API closes, if it is idle', async () => {
      const { socket, close } = await open({ closeGraceMs: 60_000 });
      socket.write(get);
      await new Promise((resolve) => socket.once('data', resolve));
      await close();
      await expect(readText(socket).catch(() => 'cut')).resolves.toMatch(/^$|cut/);
    });

    it('has its request answered when the API closes meanwhile', async () => {
      const asked = deferred<void>();
      const released = deferred<void>();
      const { socket, close } = await open({
        closeGraceMs: 60_000,
        attester: {
          async attest(request) {
            asked.resolve();
            await released.promise;
            return scriptedAttester.attest(request);
          },
        },
      });
      socket.write(`${post}${body}`);
      await asked.promise;
      const closed = close();
      released.resolve();
      await closed;
      expect(await readText(socket)).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('is cut when its request outlasts the grace of closing', async () => {
      const asked = deferred<void>();
      const { socket, close } = await open({
        closeGraceMs: 50,
        attester: {
          attest() {
            asked.resolve();
            return new Promise(() => {});
          },
        },
      });
      socket.write(`${post}${body}`);
      await asked.promise;
      await close();
      expect(await readText(socket).catch(() => '')).toBe('');
    });
  },
);

describe('many connections', () => {
  it('are served up to a number, and again when there is room', async () => {
    const { address } = await start();
    const open = await Promise.all(
      Array.from({ length: 64 }, () => connect(address, { timeoutMs: 5000 })),
    );
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
    });
    // A request shows that each was taken, and not only queued.
    await Promise.all(
      open.map(async (socket) => {
        socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
        await new Promise((resolve) => socket.once('data', resolve));
      }),
    );
    await expect(askApi(address, { path: '/healthz' })).rejects.toThrow();
    const [first] = open;
    const gone = new Promise((resolve) => first?.once('close', resolve));
    first?.destroy();
    await gone;
    await expect
      .poll(() =>
        askApi(address, { path: '/healthz' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('are used again by a client that keeps them', async () => {
    const { address } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const answers = [];
    for (let turn = 0; turn < 3; turn += 1) {
      answers.push(await askApi(address, { path: '/healthz', agent }));
    }
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual(
      Array(3).fill([200, 'keep-alive']),
    );
  });
});
