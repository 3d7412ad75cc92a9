import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adoptListener } from '../../../shared/native/adoption.ts';
import * as libc from '../../../shared/native/libc.ts';
import {
  type Address,
  connect,
  type Listener,
  type ListenOptions,
  listen,
  type Peer,
  parseAddress,
} from '../../../shared/vsock/index.ts';
import { deferred } from '../../support/deferred.ts';
import { closed, digestOf, readText, writePattern } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { vsockAvailable, vsockLoopback } from '../../support/vsock.ts';

const timeoutMs = 5000;
const linux = process.platform === 'linux';
const AF_INET = 2;

const kinds: [string, () => Address, (address: Address) => Address][] = [
  ['a Unix socket', () => unixAddress(), (address) => address],
  ['TCP', () => parseAddress('tcp://127.0.0.1:0'), (address) => address],
  ['TCP over IPv6', () => parseAddress('tcp://[::1]:0'), (address) => address],
];
if (vsockLoopback) {
  kinds.push([
    'vsock',
    () => parseAddress('vsock://4294967295:4294967295'),
    (address) => (address.kind === 'vsock' ? { ...address, cid: 1 } : address),
  ]);
}

async function start(
  address: Address,
  onConnection: ListenOptions['onConnection'],
  options: Partial<ListenOptions> = {},
): Promise<Listener> {
  const listener = await listen(address, { onConnection, closeGraceMs: 0, ...options });
  onTestFinished(() => listener.close());
  return listener;
}

function unixAddress(): Address & { kind: 'unix' } {
  return { kind: 'unix', path: join(temporaryDirectory(), 's') };
}

const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

describe.each(kinds)('a connection over %s', (_name, makeAddress, reach) => {
  it('carries bytes both ways', async () => {
    const { address } = await start(makeAddress(), echo);
    const socket = await connect(reach(address), { timeoutMs });
    socket.end('to and fro');
    expect(await readText(socket)).toBe('to and fro');
  });

  it('lets each side end alone', async () => {
    const { address } = await start(makeAddress(), async (socket) => {
      socket.end(`got ${await readText(socket)}`);
    });
    const socket = await connect(reach(address), { timeoutMs });
    socket.end('the whole');
    expect(await readText(socket)).toBe('got the whole');
  });

  it('carries 16 MB back unharmed', async () => {
    const { address } = await start(makeAddress(), echo);
    const socket = await connect(reach(address), { timeoutMs });
    const [sent, received] = await Promise.all([writePattern(socket, 16), digestOf(socket)]);
    expect(received).toEqual(sent);
  });

  it('is told apart by kind', async () => {
    const peer = deferred<Peer>();
    const address = makeAddress();
    const { address: bound } = await start(address, (socket, from) => {
      peer.resolve(from);
      socket.destroy();
    });
    const socket = await connect(reach(bound), { timeoutMs });
    onTestFinished(() => {
      socket.destroy();
    });
    expect((await peer.promise).kind).toBe(address.kind);
  });

  it('is refused once the listener is closed', async () => {
    const listener = await start(makeAddress(), echo);
    await listener.close();
    await expect(connect(reach(listener.address), { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TRANSPORT_REFUSED',
    });
  });

  it('that is open when the listener closes is destroyed after the grace', async () => {
    const listener = await start(makeAddress(), () => undefined);
    const socket = await connect(reach(listener.address), { timeoutMs });
    socket.resume();
    const ended = once(socket, 'end');
    await Promise.all([listener.close(), listener.close()]);
    await ended;
    socket.destroy();
  });

  it('that is reset while nobody listens for its errors ends alone', async () => {
    const accepted = deferred<Socket>();
    const { address } = await start(makeAddress(), (socket) => accepted.resolve(socket));
    const client = await connect(reach(address), { timeoutMs });
    const served = await accepted.promise;
    client.destroy();
    const gone = closed(served);
    served.resume();
    served.write(Buffer.alloc(8 * 1024 * 1024));
    served.end();
    await gone;
    const next = await connect(reach(address), { timeoutMs });
    next.destroy();
  });
});

describe('listening', () => {
  it('gives the socket file mode 0600 and removes it at the end', async () => {
    const address = unixAddress();
    const listener = await start(address, echo);
    expect(statSync(address.path).mode & 0o777).toBe(0o600);
    await listener.close();
    expect(existsSync(address.path)).toBe(false);
  });

  it('says that another process answers on the Unix socket, and leaves it alone', async () => {
    const address = unixAddress();
    await start(address, echo);
    await expect(listen(address, { onConnection: echo })).rejects.toMatchObject({
      code: 'TRANSPORT_ADDRESS_IN_USE',
    });
    const socket = await connect(address, { timeoutMs });
    socket.end('alive');
    expect(await readText(socket)).toBe('alive');
  });

  it('says how to remove a socket file that a killed process left', async () => {
    const address = unixAddress();
    leaveSocketFile(address.path);
    await expect(listen(address, { onConnection: echo })).rejects.toMatchObject({
      code: 'TRANSPORT_ADDRESS_LEFTOVER',
      message: expect.stringContaining(`rm ${address.path}`),
    });
    expect(existsSync(address.path)).toBe(true);
  });

  it('says that a file that is no socket is in the way', async () => {
    const address = unixAddress();
    writeFileSync(address.path, 'precious');
    await expect(listen(address, { onConnection: echo })).rejects.toMatchObject({
      code: 'TRANSPORT_ADDRESS_IN_USE',
    });
  });

  it('says that the directory of the socket file is not there', async () => {
    await expect(
      listen({ kind: 'unix', path: '/nonexistent/s' }, { onConnection: echo }),
    ).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_UNAVAILABLE' });
  });

  it('says that a TCP port is busy', async () => {
    const { address } = await start(parseAddress('tcp://127.0.0.1:0'), echo);
    await expect(listen(address, { onConnection: echo })).rejects.toMatchObject({
      code: 'TRANSPORT_ADDRESS_IN_USE',
    });
  });

  it('says that a TCP address is not of this machine', async () => {
    await expect(
      listen(parseAddress('tcp://192.0.2.1:0'), { onConnection: echo }),
    ).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_UNAVAILABLE' });
  });

  it.skipIf(!vsockAvailable)(
    'says that a vsock port is busy, or a CID foreign (needs /dev/vsock)',
    async () => {
      const { address } = await start(parseAddress('vsock://4294967295:4294967295'), echo);
      await expect(listen(address, { onConnection: echo })).rejects.toMatchObject({
        code: 'TRANSPORT_ADDRESS_IN_USE',
      });
      await expect(
        listen(parseAddress('vsock://77:4000'), { onConnection: echo }),
      ).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_UNAVAILABLE' });
    },
  );
});

describe('connecting', () => {
  it.each([
    ['a Unix socket that is not there', 'unix:/nonexistent/s', 'TRANSPORT_REFUSED'],
    ['any port', 'tcp://127.0.0.1:0', 'ADDRESS_LISTEN_ONLY'],
    ['any vsock port', 'vsock://3:4294967295', 'ADDRESS_LISTEN_ONLY'],
    ['any CID', 'vsock://4294967295:8000', 'ADDRESS_LISTEN_ONLY'],
  ])('to %s fails', async (_what, text, code) => {
    await expect(connect(parseAddress(text), { timeoutMs })).rejects.toMatchObject({ code });
  });

  it.skipIf(!linux)('waits for room in the backlog of a Unix socket (needs Linux)', async () => {
    const address = unixAddress();
    const fd = libc.socket(libc.AF_UNIX);
    libc.bind(fd, Buffer.from(`\x01\0${address.path}\0`));
    libc.listen(fd, 0);
    const first = await connect(address, { timeoutMs });
    await expect(connect(address, { timeoutMs: 60 })).rejects.toMatchObject({
      code: 'TRANSPORT_REFUSED',
      details: { reason: 'EAGAIN' },
    });
    const second = connect(address, { timeoutMs });
    const server = adoptListener(fd);
    onTestFinished(() => {
      server.close();
    });
    server.on('connection', (socket) => socket.end('at last'));
    const socket = await second;
    expect(await readText(socket)).toBe('at last');
    socket.destroy();
    first.destroy();
  });

  it.skipIf(!linux)('runs out of time when a peer does not answer (needs Linux)', async () => {
    const fd = libc.socket(AF_INET);
    onTestFinished(() => libc.close(fd));
    libc.bind(fd, new Uint8Array([AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    libc.listen(fd, 0);
    const bound = libc.getsockname(fd, 16);
    const port = (bound[2] ?? 0) * 256 + (bound[3] ?? 0);
    const address: Address = { kind: 'tcp', host: '127.0.0.1', port };
    // TCP drops what comes once the backlog is full, as a silent host does.
    const first = await connect(address, { timeoutMs });
    await expect(connect(address, { timeoutMs: 60 })).rejects.toMatchObject({
      code: 'TRANSPORT_TIMEOUT',
    });
    first.destroy();
  });

  it('is given up when the caller says so, before and during', async () => {
    const address = unixAddress();
    await start(address, echo);
    await expect(
      connect(address, { timeoutMs, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'TRANSPORT_ABORTED' });
    const controller = new AbortController();
    const attempt = connect(address, { timeoutMs, signal: controller.signal });
    controller.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPORT_ABORTED' });
  });
});

/** A process that is killed while it listens leaves its socket file. */
function leaveSocketFile(path: string): void {
  const script = 'net.createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
  spawnSync(process.execPath, ['-e', script, path]);
  if (!existsSync(path)) throw new Error('no socket file was left');
}
