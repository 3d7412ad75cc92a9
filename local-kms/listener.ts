import { Buffer } from 'node:buffer';
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { encodeServiceError, KmsServiceError } from '../shared/kms/index.ts';
import { errorFields } from '../shared/log.ts';
import { plainAddress } from '../shared/loopback.ts';
import type { Faults } from './faults/faults.ts';
import { addLocalRoutes } from './local-routes.ts';
import { createUuid } from './random.ts';
import { answerRequest } from './request/answer.ts';
import { operationOf } from './request/kms-request.ts';
import type { Service } from './request/service.ts';

const MAX_BODY_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const CONTENT_TYPE = 'application/x-amz-json-1.1';

export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface ListenerOptions {
  readonly service: Service;
  readonly faults: Faults;
  readonly tls: TlsIdentity | undefined;
}

/** The HTTP side: one route for KMS, and those for somebody at this machine. */
export function createListener({ service, faults, tls }: ListenerOptions): FastifyInstance {
  const app = Fastify({
    serverFactory: (onRequest) =>
      tls === undefined
        ? createHttpServer({ requestTimeout: REQUEST_TIMEOUT_MS }, onRequest)
        : createHttpsServer(
            {
              cert: tls.certificatePem,
              key: tls.privateKeyPem,
              requestTimeout: REQUEST_TIMEOUT_MS,
            },
            onRequest,
          ),
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    genReqId: () => createUuid(service.backend.randomBytes),
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post('/', async (request, reply) => {
    checkNoWebPage(request.headers);
    const operation = operationOf(request.headers['x-amz-target']);
    const { latencyMs, clockOffsetMs, failure } = faults.take(operation);
    if (latencyMs > 0) await setTimeout(latencyMs);
    if (failure instanceof KmsServiceError) throw failure;
    if (failure === 'drop-request') return drop(reply);
    const { remoteAddress } = request.socket;
    const answer = await answerRequest(service, {
      requestId: request.id,
      method: request.method,
      url: request.url,
      rawHeaders: request.raw.rawHeaders,
      operation,
      userAgent: request.headers['user-agent'],
      arrival: {
        secureTransport: tls !== undefined,
        sourceIp: remoteAddress === undefined ? undefined : plainAddress(remoteAddress),
      },
      body: request.body instanceof Uint8Array ? request.body : Buffer.alloc(0),
      clockOffsetMs,
    });
    if (failure === 'drop-answer') return drop(reply);
    return send(reply, 200, answer);
  });

  addLocalRoutes(app, { decisions: service.decisions, faults });

  app.setNotFoundHandler((_request, reply) =>
    sendError(
      reply,
      new KmsServiceError('UnknownOperationException', undefined, { statusCode: 404 }),
    ),
  );

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof KmsServiceError) return sendError(reply, error);
    const status = (error as { statusCode?: unknown }).statusCode;
    if (status === 413) {
      return sendError(
        reply,
        new KmsServiceError('RequestEntityTooLargeException', undefined, { statusCode: 413 }),
      );
    }
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return sendError(reply, new KmsServiceError('SerializationException'));
    }
    service.logger.error('internal', { requestId: request.id, ...errorFields(error) });
    return sendError(
      reply,
      new KmsServiceError('KMSInternalException', undefined, { statusCode: 500 }),
    );
  });

  return app;
}

/**
 * Refuses what a web page sends. Of another origin it cannot sign a request, since no preflight is
 * answered; one that had its name resolve to this machine (DNS rebinding) could, as everybody knows
 * the credentials of a server without a seed. A browser says the origin of every POST.
 *
 * @throws {KmsServiceError} AccessDeniedException
 */
function checkNoWebPage({ origin }: IncomingHttpHeaders): void {
  if (origin === undefined) return;
  throw new KmsServiceError('AccessDeniedException', 'This server does not answer web pages.');
}

/** Ends the connection without an answer. */
function drop(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.destroy();
  return reply;
}

function sendError(reply: FastifyReply, error: KmsServiceError): FastifyReply {
  return send(reply, error.statusCode, encodeServiceError(error));
}

/** As bytes: to a text, fastify adds a charset that the service does not send. */
function send(reply: FastifyReply, statusCode: number, body: string): FastifyReply {
  return reply
    .code(statusCode)
    .header('x-amzn-RequestId', reply.request.id)
    .header('content-type', CONTENT_TYPE)
    .send(Buffer.from(body));
}
