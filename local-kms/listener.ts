import { Buffer } from 'node:buffer';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { encodeServiceError, KmsServiceError } from '../shared/kms/index.ts';
import { errorFields } from '../shared/log.ts';
import {
  isLoopbackAddress,
  isLoopbackHost,
  parseHostHeader,
  plainAddress,
} from '../shared/loopback.ts';
import { createUuid } from './random.ts';
import { answerRequest, type Service } from './request/answer.ts';

const MAX_BODY_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const CONTENT_TYPE = 'application/x-amz-json-1.1';

export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The HTTP side: one route for KMS, one that tells a local person why a request was refused. */
export function createListener(service: Service, tls: TlsIdentity | undefined): FastifyInstance {
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
    const target = request.headers['x-amz-target'];
    const { remoteAddress } = request.socket;
    const answer = await answerRequest(service, {
      requestId: request.id,
      method: request.method,
      url: request.url,
      rawHeaders: request.raw.rawHeaders,
      target: typeof target === 'string' ? target : undefined,
      arrival: {
        secureTransport: tls !== undefined,
        sourceIp: remoteAddress === undefined ? undefined : plainAddress(remoteAddress),
      },
      body: request.body instanceof Uint8Array ? request.body : Buffer.alloc(0),
    });
    return send(reply, 200, answer);
  });

  app.get<{ Params: { requestId: string } }>('/_local/decisions/:requestId', (request, reply) => {
    const record = isFromHere(request.raw)
      ? service.decisions.get(request.params.requestId)
      : undefined;
    if (record === undefined) return reply.callNotFound();
    return reply.send(record);
  });

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

/**
 * Whether somebody at this machine asks, and no web page for them: a page of another site sends its
 * Origin, and one that had its name resolve to this machine (DNS rebinding) sends that name as Host.
 */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopbackAddress(socket.remoteAddress ?? '') &&
    isLoopbackHost(parseHostHeader(headers.host) ?? '') &&
    headers.origin === undefined
  );
}
