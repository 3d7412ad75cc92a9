import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCredentialsListener } from '../../parent/credentials/listener.ts';
import { createForwarder } from '../../parent/proxy/forwarder.ts';
import { type Address, connect } from '../../shared/vsock/index.ts';
import { httpRequest } from '../support/http-request.ts';
import { recordLog } from '../support/log-recorder.ts';
import { readText } from '../support/streams.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The CID that the next connection comes from: few machines have more than one of their own. */
let cid = 16;

vi.mock('../../shared/vsock/index.ts', async (importActual) => {
  const actual = await importActual<typeof import('../../shared/vsock/index.ts')>();
  const listen: typeof actual.listen = (address, options) =>
    actual.listen(address, {
      ...options,
      onConnection: (socket) => options.onConnection(socket, { kind: 'vsock', cid, port: 1 }),
    });
  return { ...actual, listen };
});

let address: Address;
beforeEach(() => {
  cid = 16;
  address = { kind: 'unix', path: join(temporaryDirectory(), 's') };
});
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function open(): Promise<Socket> {
  const socket = await connect(address, { timeoutMs: 5000 });
  sockets.push(socket);
  return socket;
}

async function serveCredentials(cids?: readonly number[]) {
  const log = recordLog();
  const source = {
    lend: async <T>(use: (bytes: Uint8Array) => T) => use(Buffer.from('{}')),
    close: () => undefined,
  };
  const listener = await createCredentialsListener({ listen: address, cids, source, logger: log });
  onTestFinished(() => listener.close());
  return log;
}

describe('the credentials listener', () => {
  it('serves the virtual machines on its list, and closes the connections of others', async () => {
    const log = await serveCredentials([16, 17]);
    expect((await httpRequest(address, '/')).status).toBe(200);
    cid = 18;
    expect(await readText(await open())).toBe('');
    expect((await log.next('credentials not served')).fields).toMatchObject({
      code: 'TRANSPORT_PEER',
      cid: 18,
    });
  });

  it('holds no more than a few connections of one virtual machine, until they close', async () => {
    const log = await serveCredentials();
    const held = await Promise.all(Array.from({ length: 8 }, open));
    expect(await readText(await open())).toBe('');
    expect((await log.next('credentials not served')).fields).toMatchObject({
      code: 'TRANSPORT_LIMIT',
      cid: 16,
    });
    cid = 17;
    expect((await httpRequest(address, '/')).status).toBe(200);
    cid = 16;
    const [first] = held as [Socket, ...Socket[]];
    first.end('GET / HTTP/1.1\r\nhost: parent\r\nconnection: close\r\n\r\n');
    await Promise.all([readText(first), once(first, 'close')]);
    expect((await httpRequest(address, '/')).status).toBe(200);
  });
});

describe('the forwarder', () => {
  it('closes the connections of virtual machines that are not on its list', async () => {
    const log = recordLog();
    // Nobody answers there: a connection that is let through ends with another code.
    const remote = { host: '127.0.0.1', port: 1 };
    const forwarder = await createForwarder({
      listen: address,
      remote,
      cids: [17],
      allowlist: [remote],
      limits: { connections: 10, connectTimeoutMs: 5000, idleTimeoutMs: 5000 },
      logger: log,
      now: () => 0,
    });
    onTestFinished(() => forwarder.close());
    expect(await readText(await open())).toBe('');
    cid = 17;
    expect(await readText(await open())).toBe('');
    await forwarder.close();
    expect(log.entries.map(({ fields }) => [fields.cid, fields.ended])).toEqual([
      [16, 'TRANSPORT_PEER'],
      [17, 'TRANSPORT_REFUSED'],
    ]);
  });
});
