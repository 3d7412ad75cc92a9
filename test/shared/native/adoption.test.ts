import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adoptStream, descriptorOf } from '../../../shared/native/adoption.ts';
import { connectDescriptor } from '../../../shared/native/connecting.ts';
import { AF_UNIX, bind, close, getsockname, listen, socket } from '../../../shared/native/libc.ts';
import { peerOfVsock } from '../../../shared/native/vsock.ts';
import { deferred } from '../../support/deferred.ts';
import { digestOf, readText, writePattern } from '../../support/streams.ts';
import { createTlsIdentity } from '../../support/tls.ts';
import { connectAdopted, listenAdopted } from './unix-descriptors.ts';

const linux = process.platform === 'linux';

/** An adopted listener whose connections go to `serve`, and one adopted client of it. */
async function startPair(
  serve: (socket: Socket) => void,
): Promise<{ client: Socket; server: Server; address: Uint8Array }> {
  const { server, address } = listenAdopted();
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  server.on('connection', serve);
  return { client: await connectAdopted(address), server, address };
}

describe.skipIf(!linux)('a stream adopted from a descriptor (needs Linux)', () => {
  it('carries bytes both ways', async () => {
    const { client } = await startPair((socket) => socket.pipe(socket));
    client.end('to and fro');
    expect(await readText(client)).toBe('to and fro');
  });

  it('goes on reading after its own end: the server answers what came before the end', async () => {
    const { client } = await startPair(async (socket) => {
      const text = await readText(socket);
      socket.end(`got ${text}`);
    });
    client.end('all of it');
    expect(await readText(client)).toBe('got all of it');
  });

  it('goes on writing after the end of the other side', async () => {
    const heard = deferred<string>();
    const { client } = await startPair((socket) => {
      socket.end('first');
      heard.resolve(readText(socket));
    });
    expect(await readText(client)).toBe('first');
    client.end('still here');
    expect(await heard.promise).toBe('still here');
  });

  it('carries 64 MB each way unharmed', async () => {
    const received = deferred<unknown>();
    const sent = deferred<unknown>();
    const { client } = await startPair((socket) => {
      received.resolve(digestOf(socket));
      sent.resolve(writePattern(socket, 64));
    });
    const [up, down] = await Promise.all([writePattern(client, 64), digestOf(client)]);
    expect(await received.promise).toEqual(up);
    expect(down).toEqual(await sent.promise);
  });

  it('holds a writer back while the other side does not read', async () => {
    const accepted = deferred<Socket>();
    const { client, address, server } = await startPair((socket) => accepted.resolve(socket));
    const reader = await accepted.promise;
    server.once('connection', (socket: Socket) => socket.end());
    const megabytes = 16;
    for (let index = 0; index < megabytes; index += 1) client.write(Buffer.alloc(2 ** 20, index));
    client.end();

    // A whole other connection comes and goes: the loop has done what it can for the first one.
    const other = await connectAdopted(address);
    await readText(other);
    other.destroy();
    expect(client.writableLength).toBeGreaterThan((megabytes - 2) * 2 ** 20);
    expect(reader.readableLength).toBeLessThan(2 ** 20);

    expect((await digestOf(reader)).length).toBe(megabytes * 2 ** 20);
  });

  it('serves 300 connections at once, each with its own bytes', async () => {
    const { client, address } = await startPair((socket) => socket.pipe(socket));
    client.destroy();
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const socket = await connectAdopted(address);
        socket.end(`connection ${index}`);
        return readText(socket);
      }),
    );
    expect(answers).toEqual(Array.from({ length: 300 }, (_, index) => `connection ${index}`));
  });

  it('says end and then close when the other side is destroyed', async () => {
    const { client } = await startPair((socket) => socket.destroy());
    const events: string[] = [];
    client.on('end', () => events.push('end')).on('close', () => events.push('close'));
    client.resume();
    await once(client, 'end');
    client.end();
    await once(client, 'close');
    expect(events).toEqual(['end', 'close']);
  });

  it('closes every descriptor that it took', async () => {
    const { client, server } = await startPair((socket) => socket.end());
    const serverClosed = once(server, 'close');
    await readText(client);
    client.end();
    await once(client, 'close');
    expect(descriptorOf(client)).toBeUndefined();
    server.close();
    await serverClosed;

    const before = openDescriptors();
    for (let round = 0; round < 20; round += 1) {
      const pair = listenAdopted();
      await once(pair.server, 'listening');
      pair.server.once('connection', (socket: Socket) => socket.end());
      const stream = await connectAdopted(pair.address);
      stream.end();
      await readText(stream);
      if (!stream.closed) await once(stream, 'close');
      const closed = once(pair.server, 'close');
      pair.server.close();
      await closed;
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  });

  it('carries TLS, on the client side and on the server side', async () => {
    const { ca, cert, key } = await createTlsIdentity('broker.test');
    const { client } = await startPair((socket) => {
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      secure.on('error', () => undefined);
      secure.on('data', (chunk: Buffer) => secure.end(`secured ${chunk.toString('utf8')}`));
    });
    const secure = connectTls({ socket: client, ca, servername: 'broker.test' });
    await once(secure, 'secureConnect');
    expect(secure.authorized).toBe(true);
    secure.write('bytes');
    expect(await readText(secure)).toBe('secured bytes');
  });
});

describe.skipIf(!linux)('the peer of a stream (needs Linux)', () => {
  it('is unknown once the stream is closed, and while it is not connected', async () => {
    const stream = adoptStream(socket(AF_UNIX));
    stream.on('error', () => undefined);
    expect(peerOfVsock(stream)).toBeUndefined();
    stream.destroy();
    expect(peerOfVsock(stream)).toBeUndefined();
  });
});

describe.skipIf(!linux)('connecting a descriptor (needs Linux)', () => {
  it('reports that nobody listens', async () => {
    const { server, address } = listenAdopted();
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    await expect(connectAdopted(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('reports a full backlog, which it leaves to the caller to try again', async () => {
    const listener = socket(AF_UNIX);
    onTestFinished(() => close(listener));
    bind(listener, new Uint8Array([AF_UNIX, 0]));
    listen(listener, 0);
    const waiting = await connectAdopted(getsockname(listener, 110));
    onTestFinished(() => {
      waiting.destroy();
    });
    await expect(connectAdopted(getsockname(listener, 110))).rejects.toMatchObject({
      code: 'EAGAIN',
    });
  });

  it('does not begin once the signal is aborted', async () => {
    const { server, address } = listenAdopted();
    onTestFinished(() => {
      server.close();
    });
    const reason = new Error('given up');
    await expect(connectAdopted(address, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('waits for the answer of a peer on another turn of the loop', async () => {
    const server = createServer((peer) => peer.end('hello'));
    server.listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const fd = socket(AF_INET);
    // TCP answers on a later turn even on loopback, as AF_VSOCK does: EINPROGRESS first.
    await connectDescriptor(fd, loopback(bound.port), new AbortController().signal);
    const stream = adoptStream(fd);
    stream.end();
    expect(await readText(stream)).toBe('hello');
  });
});

const AF_INET = 2;

/** sockaddr_in of 127.0.0.1. */
function loopback(port: number): Uint8Array {
  const address = new Uint8Array(16);
  address.set([AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
  return address;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
