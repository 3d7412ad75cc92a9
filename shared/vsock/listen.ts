import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type Address, formatAddress } from './address.ts';
import { errorCodeOf, listenFailure } from './failure.ts';
import { explainOccupiedPath } from './occupied-path.ts';

/** Who connected. Only vsock says who: the CID is the hypervisor's word for the virtual machine. */
export type Peer =
  | { readonly kind: 'vsock'; readonly cid: number; readonly port: number }
  | { readonly kind: 'unix' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export interface ListenOptions {
  /** Gets each connection as an open socket whose two directions end independently. */
  readonly onConnection: (socket: Socket, peer: Peer) => void;
  /** Connections that the kernel keeps waiting. Over vsock those beyond are reset, not queued. */
  readonly backlog?: number;
  /** How long {@link Listener.close} lets open connections go on. Default 1000. */
  readonly closeGraceMs?: number;
}

export interface Listener {
  /** As bound: with the port that the kernel picked, where the address left that open. */
  readonly address: Address;
  readonly server: Server;
  /** Takes no more connections, destroys those still open after the grace, removes a socket file. */
  close(): Promise<void>;
}

/**
 * Listens, and resolves once connections are taken.
 *
 * The file of a Unix socket gets mode 0600. A socket file that stands there already is never
 * removed: the error says whether somebody answers on it. A connection that breaks does not end the
 * process, whether or not `onConnection` listens for its `error`.
 *
 * @throws {TransportError} TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_LEFTOVER,
 *   TRANSPORT_ADDRESS_UNAVAILABLE, TRANSPORT_VSOCK_UNAVAILABLE, TRANSPORT_FAILED
 */
export async function listen(address: Address, options: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const { server, bound, peerOf } = await open(address, options.backlog ?? DEFAULT_BACKLOG);

  // One connection that could not be accepted, or that broke, is no reason to end the process.
  server.on('error', () => undefined);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const peer = peerOf(socket);
    if (peer === undefined) socket.destroy();
    else options.onConnection(socket, peer);
  });

  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    const grace = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, options.closeGraceMs ?? DEFAULT_CLOSE_GRACE_MS);
    await closed;
    clearTimeout(grace);
  };
  let stopping: Promise<void> | undefined;
  return {
    address: bound,
    server,
    close() {
      stopping ??= stop();
      return stopping;
    },
  };
}

interface Opened {
  readonly server: Server;
  readonly bound: Address;
  /** Undefined when the connection is gone already. */
  readonly peerOf: (socket: Socket) => Peer | undefined;
}

async function open(address: Address, backlog: number): Promise<Opened> {
  try {
    switch (address.kind) {
      case 'vsock':
        return await openVsock(address, backlog);
      case 'unix':
        return await openUnix(address, backlog);
      case 'tcp':
        return await openTcp(address, backlog);
    }
  } catch (error) {
    if (address.kind === 'unix' && errorCodeOf(error) === 'EADDRINUSE') {
      throw await explainOccupiedPath(address.path);
    }
    throw listenFailure(formatAddress(address), error);
  }
}

async function openVsock(address: Address & { kind: 'vsock' }, backlog: number): Promise<Opened> {
  // Loaded here, so that who uses no vsock needs no native code.
  const { listenVsock, peerOfVsock } = await import('../native/index.ts');
  const { server, endpoint } = listenVsock(address, { backlog });
  await once(server, 'listening');
  return {
    server,
    bound: { kind: 'vsock', ...endpoint },
    peerOf: (socket) => {
      const peer = peerOfVsock(socket);
      return peer === undefined ? undefined : { kind: 'vsock', ...peer };
    },
  };
}

async function openUnix(address: Address & { kind: 'unix' }, backlog: number): Promise<Opened> {
  const server = createServer({ allowHalfOpen: true });
  server.listen({ path: address.path, backlog, exclusive: true });
  // Node binds before listen() returns, so the mode is set before the loop accepts anyone; for the
  // instant between, the umask decides.
  try {
    if (server.listening) chmodSync(address.path, 0o600);
  } catch (error) {
    server.close();
    throw error;
  }
  await once(server, 'listening');
  return { server, bound: address, peerOf: () => ({ kind: 'unix' }) };
}

async function openTcp(address: Address & { kind: 'tcp' }, backlog: number): Promise<Opened> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen({ host: address.host, port: address.port, backlog, exclusive: true });
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return {
    server,
    bound: { ...address, port },
    peerOf: (socket) =>
      socket.remoteAddress === undefined || socket.remotePort === undefined
        ? undefined
        : { kind: 'tcp', host: socket.remoteAddress, port: socket.remotePort },
  };
}

const DEFAULT_BACKLOG = 4096;
const DEFAULT_CLOSE_GRACE_MS = 1000;
