import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createForwarder,
  type Forwarder,
  type ForwarderLimits,
} from '../../../parent/proxy/forwarder.ts';
import { type Address, connect, formatAddress } from '../../../shared/vsock/index.ts';
import { deferred } from '../../support/deferred.ts';
import { type LogRecorder, recordLog } from '../../support/log-recorder.ts';
import { closed, digestOf, readText, writePattern } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { createTlsIdentity } from '../../support/tls.ts';

const timeoutMs = 5000;

interface Proxy {
  readonly forwarder: Forwarder;
  readonly log: LogRecorder;
  open(): Promise<Socket>;
}

/** A destination on loopback that gives its connections to `serve`, and a forwarder to it. */
async function startProxy(
  serve: (socket: Socket) => void,
  limits: Partial<ForwarderLimits> = {},
  listen: Address = { kind: 'unix', path: join(temporaryDirectory(), 'p') },
): Promise<Proxy> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  return proxyTo(await portOf(server), limits, listen);
}

async function proxyTo(
  port: number,
  limits: Partial<ForwarderLimits> = {},
  listen: Address = { kind: 'unix', path: join(temporaryDirectory(), 'p') },
): Promise<Proxy> {
  const log = recordLog();
  const remote = { host: '127.0.0.1', port };
  let clock = 1000;
  const forwarder = await createForwarder({
    listen,
    remote,
    allowlist: [remote],
    limits: { connections: 1000, connectTimeoutMs: timeoutMs, idleTimeoutMs: 60_000, ...limits },
    logger: log,
    now: () => {
      clock += 7;
      return clock;
    },
  });
  onTestFinished(() => forwarder.close());
  return { forwarder, log, open: () => connect(forwarder.address, { timeoutMs }) };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

describe('the forwarder', () => {
  it('carries bytes both ways and logs the connection once both sides have ended', async () => {
    const proxy = await startProxy(echo);
    const socket = await proxy.open();
    socket.end('to and fro');
    expect(await readText(socket)).toBe('to and fro');
    const { level, fields } = await proxy.log.next('connection closed');
    expect(level).toBe('info');
    expect(fields).toEqual({
      listen: formatAddress(proxy.forwarder.address),
      peer: 'unix',
      cid: undefined,
      destination: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      up: 10,
      down: 10,
      durationMs: 7,
      ended: 'complete',
      reason: undefined,
    });
  });

  it('listens on TCP as well', async () => {
    const proxy = await startProxy(echo, {}, { kind: 'tcp', host: '127.0.0.1', port: 0 });
    const socket = await proxy.open();
    socket.end('over TCP');
    expect(await readText(socket)).toBe('over TCP');
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({ peer: 'tcp' });
  });

  it('passes on the end of the enclave and still brings the answer', async () => {
    const proxy = await startProxy(async (socket) => {
      socket.end(`got ${await readText(socket)}`);
    });
    const socket = await proxy.open();
    socket.end('the whole');
    expect(await readText(socket)).toBe('got the whole');
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({ ended: 'complete' });
  });

  it('passes on the end of the destination and still takes what the enclave sends', async () => {
    const heard = deferred<string>();
    const proxy = await startProxy((socket) => {
      socket.end('first');
      heard.resolve(readText(socket));
    });
    const socket = await proxy.open();
    expect(await readText(socket)).toBe('first');
    socket.end('still here');
    expect(await heard.promise).toBe('still here');
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({
      up: 10,
      down: 5,
      ended: 'complete',
    });
  });

  it('keeps what the enclave sent and ended before the destination was reached', async () => {
    const proxy = await startProxy(echo);
    const sockets = await Promise.all([proxy.open(), proxy.open(), proxy.open()]);
    const answers = sockets.map(async (socket, index) => {
      socket.end(`early ${index}`);
      return readText(socket);
    });
    expect(await Promise.all(answers)).toEqual(['early 0', 'early 1', 'early 2']);
  });

  it('carries 64 MB each way at once, unharmed', async () => {
    const received = deferred<unknown>();
    const sent = deferred<unknown>();
    const proxy = await startProxy((socket) => {
      received.resolve(digestOf(socket));
      sent.resolve(writePattern(socket, 64));
    });
    const socket = await proxy.open();
    const [up, down] = await Promise.all([writePattern(socket, 64), digestOf(socket)]);
    expect(await received.promise).toEqual(up);
    expect(down).toEqual(await sent.promise);
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({
      up: up.length,
      down: down.length,
    });
  });

  it('holds the destination back while the enclave does not read', async () => {
    const megabytes = 64;
    const served = deferred<Socket>();
    let first = true;
    const proxy = await startProxy((socket) => {
      if (!first) return echo(socket);
      first = false;
      served.resolve(socket);
    });
    const reader = await proxy.open();
    const source = await served.promise;
    for (let index = 0; index < megabytes; index += 1) source.write(Buffer.alloc(2 ** 20));
    source.end();

    // Twenty connections come and go: the proxy has taken what it takes for the first one.
    for (let turn = 0; turn < 20; turn += 1) {
      const other = await proxy.open();
      other.end('x');
      await readText(other);
    }
    // What is not at the source lies in the proxy, the kernel and the reader.
    expect(source.writableLength).toBeGreaterThan((megabytes - 16) * 2 ** 20);
    expect((await digestOf(reader)).length).toBe(megabytes * 2 ** 20);
    reader.end();
  });

  it('serves 200 connections at once, each with its own bytes', async () => {
    const proxy = await startProxy(echo);
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const socket = await proxy.open();
        socket.end(`connection ${index}`);
        return readText(socket);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 200 }, (_, index) => `connection ${index}`));
  });

  it('lets TLS through from end to end', async () => {
    const { ca, cert, key } = await createTlsIdentity('kms.test');
    const server = createTlsServer({ cert, key }, (socket) => {
      socket.on('data', (chunk: Buffer) => socket.end(`secured ${chunk.toString('utf8')}`));
    });
    const proxy = await proxyTo(await portOf(server));
    const socket = connectTls({ socket: await proxy.open(), ca, servername: 'kms.test' });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.write('request');
    expect(await readText(socket)).toBe('secured request');
  });

  it('closes the connection and says why when the destination is down', async () => {
    const gone = createServer();
    const port = await portOf(gone);
    gone.close();
    await once(gone, 'close');
    const proxy = await proxyTo(port);
    const socket = await proxy.open();
    await closedByPeer(socket);
    const { level, fields } = await proxy.log.next('connection closed');
    expect(level).toBe('warn');
    expect(fields).toMatchObject({
      up: 0,
      down: 0,
      ended: 'TRANSPORT_REFUSED',
      reason: 'ECONNREFUSED',
    });
  });

  it('closes the connection when the destination breaks it, and serves others on', async () => {
    let first = true;
    const proxy = await startProxy((socket) => {
      if (!first) return echo(socket);
      first = false;
      socket.once('data', () => socket.resetAndDestroy());
    });
    const broken = await proxy.open();
    broken.write('x');
    await closedByPeer(broken);
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({
      ended: 'TRANSPORT_LOST',
      reason: 'ECONNRESET',
    });
    const next = await proxy.open();
    next.end('unharmed');
    expect(await readText(next)).toBe('unharmed');
  });

  it('tells the destination when the enclave breaks off', async () => {
    const served = deferred<Socket>();
    const proxy = await startProxy((socket) => served.resolve(socket));
    const socket = await proxy.open();
    const far = await served.promise;
    const gone = closed(far);
    socket.destroy();
    far.resume();
    far.end();
    await gone;
    await proxy.log.next('connection closed');
  });

  it('turns away more connections than it admits, and admits again when one has ended', async () => {
    const proxy = await startProxy(echo, { connections: 2 });
    const [one, two] = [await proxy.open(), await proxy.open()];
    await ping(one);
    await ping(two);
    await closedByPeer(await proxy.open());
    const { fields } = await proxy.log.next('connection closed');
    expect(fields).toMatchObject({ ended: 'TRANSPORT_LIMIT', up: 0, down: 0 });
    await ping(one);

    one.end();
    await readText(one);
    two.end();
    await readText(two);
    await untilLogged(proxy.log, 3);
    const again = await proxy.open();
    again.end('admitted');
    expect(await readText(again)).toBe('admitted');
  });

  it('closes a connection that carries nothing for the time allowed', async () => {
    const proxy = await startProxy(echo, { idleTimeoutMs: 40 });
    await closedByPeer(await proxy.open());
    expect((await proxy.log.next('connection closed')).fields).toMatchObject({
      ended: 'TRANSPORT_IDLE',
    });
  });

  it('ends open connections when it is closed, with a line for each', async () => {
    const proxy = await startProxy(echo);
    const socket = await proxy.open();
    await ping(socket);
    const gone = closedByPeer(socket);
    await proxy.forwarder.close();
    await gone;
    expect(proxy.log.entries).toHaveLength(1);
    expect(proxy.log.entries[0]?.fields).toMatchObject({ ended: 'TRANSPORT_ABORTED', up: 4 });
  });

  it('never logs a byte of what it carries', async () => {
    const proxy = await startProxy(echo);
    const secret = 'AKIAIOSFODNN7EXAMPLE';
    const socket = await proxy.open();
    socket.end(secret);
    expect(await readText(socket)).toBe(secret);
    await proxy.log.next('connection closed');
    const logged = JSON.stringify(proxy.log.entries);
    for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      expect(logged).not.toContain(Buffer.from(secret).toString(encoding).slice(0, 12));
    }
  });

  it('does not start for a destination outside the allowlist', async () => {
    const path = join(temporaryDirectory(), 'p');
    await expect(
      createForwarder({
        listen: { kind: 'unix', path },
        remote: { host: '127.0.0.1', port: 1 },
        allowlist: [{ host: '127.0.0.1', port: 2 }],
        limits: { connections: 1, connectTimeoutMs: 1, idleTimeoutMs: 1 },
        logger: recordLog(),
        now: () => 0,
      }),
    ).rejects.toMatchObject({ code: 'ALLOWLIST_DENIED' });
    await expect(connect({ kind: 'unix', path }, { timeoutMs })).rejects.toMatchObject({
      code: 'TRANSPORT_REFUSED',
    });
  });
});

async function ping(socket: Socket): Promise<void> {
  socket.write('ping');
  await once(socket, 'data');
}

/** Resolves when the other side has ended or broken the connection. */
async function closedByPeer(socket: Socket): Promise<void> {
  socket.resume();
  socket.once('end', () => socket.end());
  await closed(socket);
}

/** Resolves when `count` connections have their line. */
async function untilLogged(log: LogRecorder, count: number): Promise<void> {
  while (log.entries.length < count) await new Promise((resolve) => setImmediate(resolve));
}
