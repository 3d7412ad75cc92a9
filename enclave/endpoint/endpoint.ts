import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { encodeServiceError, KmsServiceError } from '../../shared/kms/index.ts';
import { errorFields, type Logger } from '../../shared/log.ts';
import type { Address } from '../../shared/vsock/index.ts';
import type { Callers } from '../callers/index.ts';
import type { EnclaveConfig } from '../config.ts';
import { limitConnections } from '../connections.ts';
import { createAttestedCall, type SignedKmsClient } from '../kms/index.ts';
import { limitReading } from '../limit-reading.ts';
import { listenInside } from '../listen-inside.ts';
import type { EnclaveMetrics } from '../metrics.ts';
import { createPlaces, type Place } from '../places.ts';
import type { RecipientKeyRing } from '../recipient/index.ts';
import { whenOver } from '../when-over.ts';
import { createCallAnswerer } from './answer-call.ts';
import { CONTENT_TYPE, createHttpServer, refuseMessage } from './http-server.ts';
import { createSlots } from './slots.ts';

export interface EndpointOptions {
  readonly listen: Address;
  /** Calls at once; those beyond are throttled. */
  readonly maxConcurrent: number;
  /** Of the configuration. */
  readonly keys: EnclaveConfig['keys'];
  readonly callers: Callers;
  readonly kms: SignedKmsClient;
  readonly keyRing: RecipientKeyRing;
  readonly metrics: EnclaveMetrics;
  readonly logger: Logger;
  /** The trusted clock: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
  /** For a whole request to come in, and for its answer to be read; 10 s each unless given. */
  readonly requestTimeoutMs?: number;
  /** For calls under way to end, when the endpoint closes; 10 s unless given. */
  readonly closeGraceMs?: number;
}

export interface Endpoint {
  /** As bound. */
  readonly address: Address;
  /** Takes no more calls, and waits for those under way. */
  close(): Promise<void>;
}

/** Above the longest request that KMS takes: ten grant tokens of 8192 characters are most of it. */
const MAX_BODY_BYTES = 131_072;
const REQUEST_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 10_000;
/** SDKs keep more connections than they have calls under way. */
const CONNECTIONS_PER_CALL = 4;

/**
 * Answers like KMS, to programs in the enclave that sign with the access keys of {@link Callers}.
 *
 * The five Recipient operations are attested and come back in clear; other permitted operations are
 * signed anew and passed on. Exceptions of KMS arrive as they are, with its request id.
 *
 * Anyone in the enclave may connect, to a Unix socket too: who may do what, signatures say. Before
 * one is checked, a request costs a place and 128 KiB, for 10 seconds to come in and 10 to be
 * answered. Who waits longest makes place for who comes: nobody keeps callers out by doing nothing.
 *
 * @throws {TransportError} TRANSPORT_ADDRESS_*
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { listen, closeGraceMs = CLOSE_GRACE_MS } = options;
  const app = createApp(options);
  let address: Address;
  try {
    address = await listenInside(app, listen);
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    address,
    async close() {
      // A server that closes does not watch its time limits any more.
      const grace = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
      await app.close();
      clearTimeout(grace);
    },
  };
}

function createApp(options: EndpointOptions): FastifyInstance {
  const { maxConcurrent, kms, keyRing, logger, metrics } = options;
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const answerCall = createCallAnswerer({
    ...options,
    attestedCall: createAttestedCall({ kms, keyRing }),
  });
  // Two bounds: a caller that goes away frees its request, but not the call that it made.
  const requests = createPlaces(maxConcurrent);
  const calls = createSlots(maxConcurrent);
  const placeOf = new WeakMap<FastifyRequest, Place>();
  const orThrottle = <Taken>(taken: Taken | undefined): Taken => {
    if (taken !== undefined) return taken;
    metrics.callerCall('unknown', 'unknown', 'ThrottlingException');
    throw new KmsServiceError(
      'ThrottlingException',
      `The endpoint of the enclave answers at most ${maxConcurrent} calls at once.`,
    );
  };
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    serverFactory: (onRequest) => createHttpServer({ ...options, requestTimeoutMs }, onRequest),
    return503OnClosing: false,
    clientErrorHandler: refuseMessage,
    frameworkErrors(_error, _request, reply) {
      sendError(reply, unknownPath());
    },
  });
  const connections = limitConnections(app.server, maxConcurrent * CONNECTIONS_PER_CALL);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  limitReading(app, requestTimeoutMs);

  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });

  app.addHook('onRequest', async (request, reply) => {
    if (closing) {
      throw new KmsServiceError(
        'KMSInternalException',
        'READY_CLOSING: the enclave is shutting down and takes no more calls',
        { statusCode: 503 },
      );
    }
    const { socket } = request.raw;
    const place = orThrottle(requests.take(() => socket.destroy()));
    placeOf.set(request, place);
    whenOver(reply.raw, socket, place.leave);
  });

  app.post('/', async (request, reply) => {
    const { socket } = request.raw;
    const ends = [orThrottle(calls.take()), placeOf.get(request)?.keep(), connections.keep(socket)];
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const target = request.headers['x-amz-target'];
    try {
      const answer = await answerCall({
        method: request.method,
        url: request.url,
        rawHeaders: request.raw.rawHeaders,
        target: typeof target === 'string' ? target : undefined,
        body,
      });
      whenOver(reply.raw, socket, () => answer.body.fill(0));
      return send(reply, 200, answer.body, answer.requestId);
    } finally {
      body.fill(0);
      for (const end of ends) end?.();
    }
  });

  app.setNotFoundHandler((_request, reply) => sendError(reply, unknownPath()));

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof KmsServiceError) return sendError(reply, error);
    const { statusCode } = error as { statusCode?: unknown };
    if (statusCode === 413) {
      return sendError(
        reply,
        new KmsServiceError('RequestEntityTooLargeException', undefined, { statusCode: 413 }),
      );
    }
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
      return sendError(reply, new KmsServiceError('SerializationException'));
    }
    logger.error('endpoint failed', errorFields(error));
    return sendError(
      reply,
      new KmsServiceError('KMSInternalException', undefined, { statusCode: 500 }),
    );
  });

  return app;
}

function unknownPath(): KmsServiceError {
  return new KmsServiceError('UnknownOperationException', undefined, { statusCode: 404 });
}

function sendError(reply: FastifyReply, error: KmsServiceError): FastifyReply {
  const body = Buffer.from(encodeServiceError(error));
  return send(reply, error.statusCode, body, error.requestId);
}

/** As bytes: to a text, fastify adds a charset that the service does not send. */
function send(
  reply: FastifyReply,
  statusCode: number,
  body: Uint8Array,
  requestId: string | undefined,
): FastifyReply {
  return reply
    .code(statusCode)
    .header('x-amzn-RequestId', requestId ?? reply.request.id)
    .header('content-type', CONTENT_TYPE)
    .send(body);
}
