import { Buffer } from 'node:buffer';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { BrokerError, TransportError } from '../../shared/errors.ts';
import { errorFields, type LogFields, type Logger } from '../../shared/log.ts';
import { isLoopbackHost, parseHostHeader } from '../../shared/loopback.ts';
import { type Address, type Listener, listen, type Peer } from '../../shared/vsock/index.ts';
import { createConnectionCounter, refusalOfPeer } from '../admission.ts';
import type { CredentialsSource } from './source.ts';

export interface CredentialsListener {
  /** As bound. */
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * Serves the role credentials to the enclave: `GET /` over HTTP/1.1, in the form of AWS's container
 * credential endpoint, one request per connection.
 *
 * A virtual machine that is not among `cids`, or has 8 connections
 * open, is not answered. A request that a web page could have made gets 403.
 *
 * An answer other than 200 carries `code` and `message`. Log lines say who asked, and no more.
 *
 * @throws {TransportError} what {@link listen} throws
 */
export async function createCredentialsListener(options: {
  readonly listen: Address;
  /** The only virtual machines that are served; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
  readonly source: CredentialsSource;
  readonly logger: Logger;
}): Promise<CredentialsListener> {
  const { source, cids, logger } = options;
  const counter = createConnectionCounter(MAX_CONNECTIONS_PER_CID);
  const peers = new WeakMap<Socket, Peer>();
  const server = createServer({ maxHeaderSize: 8 * 1024 });
  const app = createApp(server, {
    source,
    logger,
    describePeer: (socket) => describePeer(peers.get(socket)),
  });
  await app.ready();

  const listener = await openListener(options.listen, (socket, peer) => {
    const refusal = refusalOfPeer(peer, cids) ?? counter.admit(socket, peer);
    if (refusal !== undefined) {
      logger.warn('credentials not served', { ...describePeer(peer), ...errorFields(refusal) });
      socket.destroy();
      return;
    }
    peers.set(socket, peer);
    // Node's own time limits on requests run only in servers that listen by themselves.
    const limit = setTimeout(() => socket.destroy(), CONNECTION_LIFETIME_MS);
    socket.once('close', () => clearTimeout(limit));
    server.emit('connection', socket);
  });
  return {
    address: listener.address,
    async close() {
      await listener.close();
      await app.close();
      source.close();
    },
  };
}

async function openListener(
  address: Address,
  onConnection: (socket: Socket, peer: Peer) => void,
): Promise<Listener> {
  const listener = await listen(address, { onConnection });
  listener.server.maxConnections = MAX_CONNECTIONS;
  return listener;
}

function createApp(
  server: Server,
  options: {
    readonly source: CredentialsSource;
    readonly logger: Logger;
    readonly describePeer: (socket: Socket) => LogFields;
  },
): FastifyInstance {
  const { source, logger, describePeer } = options;
  const app = fastify({
    logger: false,
    bodyLimit: 1,
    exposeHeadRoutes: false,
    serverFactory: (handler) => server.on('request', handler),
  });
  app.addHook('onRequest', async (request) => {
    if (isForeign(request.headers)) {
      throw new TransportError(
        'TRANSPORT_FOREIGN_REQUEST',
        'credentials are served to requests for the parent, and not to web pages',
      );
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('connection', 'close');
  });
  app.get('/', async (request, reply) => {
    const document = await source.lend((bytes) => Buffer.from(bytes));
    logger.info('credentials served', describePeer(request.raw.socket));
    return reply.type('application/json').send(document);
  });
  app.setErrorHandler(async (error, request, reply) => {
    logger.warn('credentials not served', {
      ...describePeer(request.raw.socket),
      ...errorFields(error),
    });
    if (error instanceof BrokerError) {
      const status = error.code === 'TRANSPORT_FOREIGN_REQUEST' ? 403 : 503;
      return reply.code(status).send({ code: error.code, message: error.message });
    }
    return reply.code(500).send({ code: 'INTERNAL', message: 'the request failed' });
  });
  return app;
}

/**
 * Whether a web page on this machine may have made the request: one of another site sends its
 * Origin, and one that had its name resolve to this machine (DNS rebinding) sends that name as Host.
 */
function isForeign({ host, origin }: IncomingHttpHeaders): boolean {
  const name = parseHostHeader(host) ?? '';
  return origin !== undefined || !(name.toLowerCase() === 'parent' || isLoopbackHost(name));
}

function describePeer(peer: Peer | undefined): LogFields {
  return { peer: peer?.kind, cid: peer?.kind === 'vsock' ? peer.cid : undefined };
}

const MAX_CONNECTIONS = 64;
/** So that one virtual machine cannot keep the others from their credentials. */
const MAX_CONNECTIONS_PER_CID = 8;
const CONNECTION_LIFETIME_MS = 15_000;
