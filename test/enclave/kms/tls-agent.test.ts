import { once } from 'node:events';
import { request } from 'node:https';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { amazonRootCertificates, TlsAgent } from '../../../enclave/kms/index.ts';
import { type Address, parseAddress } from '../../../shared/vsock/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { createTlsIdentity, type TlsIdentity } from '../../support/tls.ts';
import { startUnixServer } from '../../support/unix-server.ts';

const HOST = 'kms.eu-west-1.amazonaws.com';
const right = await createTlsIdentity(HOST);
const otherCa = await createTlsIdentity(HOST);
const otherHost = await createTlsIdentity('localhost');

/** A server that says over TLS, to whoever trusts it, that it was reached. */
async function startTlsServer(identity: TlsIdentity, options: TlsOptions = {}): Promise<Address> {
  const server = createTlsServer(
    { key: identity.key, cert: identity.cert, ...options },
    (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nreached'));
    },
  );
  server.on('tlsClientError', () => undefined);
  const path = join(temporaryDirectory(), 'kms.sock');
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return parseAddress(`unix:${path}`);
}

/** Sends a request through an agent; resolves to the answer. */
function fetchThrough(
  proxy: Address,
  options: {
    readonly roots?: readonly string[];
    readonly timeoutMs?: number;
    readonly host?: string;
  } = {},
): Promise<string> {
  const { roots = [right.ca], timeoutMs = 5000, host = HOST } = options;
  const agent = new TlsAgent({ proxy, host: HOST, roots, timeoutMs });
  onTestFinished(() => agent.destroy());
  return fetchBy(agent, host);
}

function fetchBy(agent: TlsAgent, host = HOST): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = request({ host, path: '/', agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    ask.on('error', reject);
    ask.end();
  });
}

/** Passes bytes between a client and `target`, but only the first `limit` that the server says. */
function startCuttingProxy(target: Address & { kind: 'unix' }, limit: number): Promise<Address> {
  return startUnixServer((client) => {
    const server = createConnection(target.path);
    server.on('error', () => undefined);
    client.pipe(server);
    let passed = 0;
    server.on('data', (chunk) => {
      client.write(chunk.subarray(0, limit - passed));
      passed += chunk.length;
      if (passed >= limit) client.destroySoon();
    });
    client.on('close', () => server.destroy());
  });
}

describe('TLS that ends in the enclave', () => {
  it('reaches a server with the right name below a trusted root', async () => {
    expect(await fetchThrough(await startTlsServer(right))).toBe('reached');
  });

  it('proves the configured name, whatever host the request names', async () => {
    const proxy = await startTlsServer(right);
    expect(await fetchThrough(proxy, { host: 'localhost' })).toBe('reached');
    const impostor = await startTlsServer(otherHost);
    await expect(
      fetchThrough(impostor, { roots: [otherHost.ca], host: 'localhost' }),
    ).rejects.toMatchObject({ code: 'TLS_REFUSED' });
  });

  it.each<[string, string, TlsIdentity, readonly string[], TlsOptions?]>([
    ['below another root', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', otherCa, [right.ca]],
    ['for another host', 'ERR_TLS_CERT_ALTNAME_INVALID', otherHost, [otherHost.ca]],
    [
      "below a root of Node's, when it is not one",
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      right,
      amazonRootCertificates(),
    ],
    ['with no root trusted at all', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', right, []],
    ['with garbage for a root', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', right, ['garbage']],
    [
      'that speaks TLS 1.1 at most',
      'ERR_SSL_',
      right,
      [right.ca],
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    ],
  ])('refuses a server %s', async (_what, reason, identity, roots, options) => {
    const proxy = await startTlsServer(identity, options);
    await expect(fetchThrough(proxy, { roots })).rejects.toMatchObject({
      code: 'TLS_REFUSED',
      details: { host: HOST, reason: expect.stringContaining(reason) },
    });
  });

  it('is not loosened by NODE_TLS_REJECT_UNAUTHORIZED', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    onTestFinished(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    });
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const proxy = await startTlsServer(otherCa);
    await expect(fetchThrough(proxy)).rejects.toMatchObject({ code: 'TLS_REFUSED' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['speaks no TLS', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['closes at once', (socket) => socket.end()],
    ['closes on the first bytes', (socket) => socket.once('data', () => socket.destroy())],
    ['answers with an alert', (socket) => socket.end(Uint8Array.of(21, 3, 3, 0, 2, 2, 40))],
    ['echoes', (socket) => socket.pipe(socket)],
  ])('refuses a peer that %s', async (_what, behave) => {
    await expect(fetchThrough(await startUnixServer(behave))).rejects.toMatchObject({
      code: 'TLS_REFUSED',
    });
  });

  it.each([1, 5, 100, 500, 800])(
    'refuses a handshake that is cut after %i bytes',
    async (limit) => {
      const server = (await startTlsServer(right)) as Address & { kind: 'unix' };
      const proxy = await startCuttingProxy(server, limit);
      await expect(fetchThrough(proxy)).rejects.toMatchObject({ code: 'TLS_REFUSED' });
    },
  );

  it.each<[string, (socket: Socket) => void]>([
    ['never answers', (socket) => socket.resume()],
    ['stops within a record', (socket) => socket.write(Uint8Array.of(22, 3, 3, 0x40, 0, 2))],
  ])('gives up on a peer that %s, and closes the connection', async (_what, behave) => {
    let closed: Promise<unknown> = Promise.resolve();
    const proxy = await startUnixServer((socket) => {
      closed = once(socket, 'close');
      socket.resume();
      behave(socket);
    });
    const began = performance.now();
    await expect(fetchThrough(proxy, { timeoutMs: 150 })).rejects.toMatchObject({
      code: 'TRANSPORT_TIMEOUT',
    });
    expect(performance.now() - began).toBeLessThan(3000);
    await closed;
  });

  it('opens another connection when the server ended one that was idle', async () => {
    const connections: TLSSocket[] = [];
    const server = createTlsServer({ key: right.key, cert: right.cert }, (socket) => {
      connections.push(socket);
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nreached'));
    });
    const path = join(temporaryDirectory(), 'kms.sock');
    server.listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const agent = new TlsAgent({
      proxy: parseAddress(`unix:${path}`),
      host: HOST,
      roots: [right.ca],
      timeoutMs: 5000,
    });
    onTestFinished(() => agent.destroy());
    expect(await fetchBy(agent)).toBe('reached');
    const [first] = connections;
    // The server waits for the other half to end, as KMS does.
    first?.end();
    await once(first ?? server, 'close');
    expect(await fetchBy(agent)).toBe('reached');
    expect(connections).toHaveLength(2);
  });

  it('says so when there is no parent', async () => {
    const proxy = parseAddress(`unix:${join(temporaryDirectory(), 'nobody.sock')}`);
    await expect(fetchThrough(proxy)).rejects.toMatchObject({
      code: expect.stringMatching(/^TRANSPORT_(REFUSED|UNREACHABLE)$/),
    });
  });
});
