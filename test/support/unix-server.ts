import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Address, parseAddress } from '../../shared/vsock/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Listens on a Unix socket of this test's own; everything is closed when the test ends. */
export async function startUnixServer(onConnection: (socket: Socket) => void): Promise<Address> {
  const path = join(temporaryDirectory(), 'peer.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(path);
  await once(server, 'listening');
  return parseAddress(`unix:${path}`);
}
