import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Address, listen } from '../../shared/vsock/index.ts';

export interface ServeConnectionsOptions {
  readonly listen: Address;
  readonly maxConnections: number;
  /** From one answer, or the connection, to the next answer, whoever is slow. */
  readonly exchangeTimeoutMs: number;
  /** For exchanges under way when it closes. */
  readonly closeGraceMs: number;
}

interface Connection {
  readonly deadline: NodeJS.Timeout;
  /** Requests whose answers are not written yet. */
  open: number;
}

/**
 * Hands the connections of any kind of address to an HTTP server.
 *
 * Node's own limits on slow requests run only in servers that listen by themselves, and so does its
 * closing of idle connections: both are here.
 *
 * @throws {TransportError} what {@link listen} throws
 */
export async function serveConnections(
  server: Server,
  options: ServeConnectionsOptions,
): Promise<{ readonly address: Address; close(): Promise<void> }> {
  const connections = new Map<Socket, Connection>();
  let closing = false;

  server.on('request', ({ socket }, response) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.open += 1;
    response.once('close', () => {
      connection.open -= 1;
      if (socket.destroyed) return;
      connection.deadline.refresh();
      if (closing && connection.open === 0) socket.destroySoon();
    });
  });

  const listener = await listen(options.listen, {
    closeGraceMs: options.closeGraceMs,
    onConnection(socket) {
      const deadline = setTimeout(() => socket.destroy(), options.exchangeTimeoutMs);
      connections.set(socket, { deadline, open: 0 });
      socket.once('close', () => {
        clearTimeout(deadline);
        connections.delete(socket);
      });
      server.emit('connection', socket);
    },
  });
  listener.server.maxConnections = options.maxConnections;
  return {
    address: listener.address,
    async close() {
      closing = true;
      for (const [socket, { open }] of connections) if (open === 0) socket.destroy();
      await listener.close();
    },
  };
}
