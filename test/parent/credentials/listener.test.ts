import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileSource } from '../../../parent/credentials/file.ts';
import { createImdsSource } from '../../../parent/credentials/imds.ts';
import {
  type CredentialsListener,
  createCredentialsListener,
} from '../../../parent/credentials/listener.ts';
import type { CredentialsSource } from '../../../parent/credentials/source.ts';
import { connect } from '../../../shared/vsock/index.ts';
import { startFakeImds } from '../../support/fake-imds.ts';
import { httpRequest } from '../../support/http-request.ts';
import { type LogRecorder, recordLog } from '../../support/log-recorder.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const now = (): number => Date.parse('2026-03-01T12:00:00Z');
const credentials = {
  AccessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  SecretAccessKey: 'TESTONLY/secret+access/key',
  Token: 'TESTONLYtoken==',
  Expiration: '2026-03-01T18:00:00Z',
};

async function start(
  source: CredentialsSource,
): Promise<{ listener: CredentialsListener; log: LogRecorder }> {
  const log = recordLog();
  const listener = await createCredentialsListener({
    listen: { kind: 'unix', path: join(temporaryDirectory(), 'c') },
    source,
    logger: log,
  });
  onTestFinished(() => listener.close());
  return { listener, log };
}

function fileSource(): { path: string; source: CredentialsSource } {
  const path = join(temporaryDirectory(), 'credentials.json');
  writeFileSync(path, JSON.stringify(credentials), { mode: 0o600 });
  return { path, source: createFileSource({ path, now }) };
}

describe('the credentials listener', () => {
  it('serves the credentials of a file', async () => {
    const { listener } = await start(fileSource().source);
    const answer = await httpRequest(listener.address, '/');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      connection: 'close',
    });
    expect(JSON.parse(answer.body)).toEqual(credentials);
  });

  it('serves the credentials of the instance role', async () => {
    const { endpoint } = await startFakeImds({ Code: 'Success', ...credentials });
    const { listener } = await start(createImdsSource({ endpoint, timeoutMs: 5000, now }));
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await httpRequest(listener.address, '/');
      expect(JSON.parse(answer.body)).toEqual(credentials);
    }
  });

  it('serves callers that come together', async () => {
    const { listener } = await start(fileSource().source);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => httpRequest(listener.address, '/')),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('answers with a code when there are none, and serves again when there are', async () => {
    const { path, source } = fileSource();
    const { listener, log } = await start(source);
    writeFileSync(path, 'TESTONLY not JSON');
    const answer = await httpRequest(listener.address, '/');
    expect(answer.status).toBe(503);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'CREDENTIALS_FORMAT' });
    expect(answer.body).not.toContain('TESTONLY');
    expect((await log.next('credentials not served')).fields).toMatchObject({
      code: 'CREDENTIALS_FORMAT',
      peer: 'unix',
    });
    writeFileSync(path, JSON.stringify(credentials));
    expect((await httpRequest(listener.address, '/')).status).toBe(200);
  });

  it.each([
    ['GET', '/other'],
    ['GET', '/../etc/passwd'],
    ['POST', '/'],
    ['HEAD', '/'],
  ])('has nothing else to give: %s %s', async (method, path) => {
    const { listener } = await start(fileSource().source);
    const answer = await httpRequest(listener.address, path, method);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('TESTONLY');
  });

  it.each(['parent', 'parent:80', 'localhost:8080', '127.0.0.1:1', '[::1]:1'])(
    'serves requests to the host %s',
    async (host) => {
      const { listener } = await start(fileSource().source);
      expect((await httpRequest(listener.address, '/', 'GET', { host })).status).toBe(200);
    },
  );

  it.each([
    ['for a name that resolves to this machine', { host: 'rebound.test:8001' }],
    ['for a name that begins as the parent does', { host: 'parent.test' }],
    ['for another address', { host: '10.0.0.1' }],
    ['of a web page', { origin: 'https://page.test' }],
    ['of a local file', { origin: 'null' }],
  ])('refuses requests %s', async (_what, headers) => {
    const { listener, log } = await start(fileSource().source);
    const answer = await httpRequest(listener.address, '/', 'GET', headers);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'TRANSPORT_FOREIGN_REQUEST' });
    expect(answer.body).not.toContain('TESTONLY');
    expect((await log.next('credentials not served')).fields).toMatchObject({
      code: 'TRANSPORT_FOREIGN_REQUEST',
    });
  });

  it.each([
    ['is not HTTP', 'not HTTP\r\n\r\n', '400'],
    ['has too large a header', `GET / HTTP/1.1\r\nx: ${'x'.repeat(9000)}\r\n\r\n`, '431'],
    ['has no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
  ])('refuses a request that %s', async (_what, request, status) => {
    const { listener } = await start(fileSource().source);
    const socket = await connect(listener.address, { timeoutMs: 5000 });
    socket.on('error', () => undefined);
    socket.write(request);
    const answer = await readText(socket);
    socket.destroy();
    expect(answer).toContain(`HTTP/1.1 ${status}`);
    expect(answer).not.toContain('TESTONLY');
  });

  it('logs who was served and nothing of what', async () => {
    const { listener, log } = await start(fileSource().source);
    await httpRequest(listener.address, '/');
    expect((await log.next('credentials served')).fields).toEqual({ peer: 'unix', cid: undefined });
    expect(JSON.stringify(log.entries)).not.toMatch(/TESTONLY|ASIAEXAMPLE/);
  });

  it('stops while a connection is open that asks nothing', async () => {
    const { listener } = await start(fileSource().source);
    const socket = await connect(listener.address, { timeoutMs: 5000 });
    const text = readText(socket);
    await listener.close();
    expect(await text).toBe('');
    socket.destroy();
  });
});
