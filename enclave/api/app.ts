import { Buffer } from 'node:buffer';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { FormatError, ReadinessError } from '../../shared/errors.ts';
import { errorFields, type Logger } from '../../shared/log.ts';
import { parseJsonBody } from './json-body.ts';
import { type Problem, problemOf } from './problem.ts';

export interface ApiAppOptions {
  readonly server: Server;
  readonly logger: Logger;
}

/** Routes say how long their bodies may be. */
const MAX_BODY_BYTES = 1024;

/**
 * An application that answers every failure with problem details, reads JSON only, and takes its
 * members as they are: nothing is converted, added or left out.
 */
export function createApiApp({ server, logger }: ApiAppOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false },
    },
    serverFactory: (onRequest) => server.on('request', onRequest),
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problemOf(error));
    },
    clientErrorHandler: (_error, socket) => refuseMessage(socket),
  });

  // The bytes are kept until it is known whose they are.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onRequest', async () => {
    if (closing) throw new ReadinessError('READY_CLOSING', 'the enclave is shutting down');
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.setNotFoundHandler(() => {
    throw new FormatError('API_ROUTE', 'there is no such path, or not by this method');
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      logger.warn('api failed', { path: request.routeOptions.url, ...errorFields(error) });
    }
    return sendProblem(reply, problem);
  });
  return app;
}

/** The body of a request as it came; empty if there was none. */
export function bodyBytes(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
}

/** Reads the body, to be held against the schema of its route. */
export async function readJson(request: FastifyRequest): Promise<void> {
  request.body = parseJsonBody(bodyBytes(request));
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('www-authenticate', 'AWS4-HMAC-SHA256');
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

/** For what is not HTTP there is no request to answer. */
function refuseMessage(socket: Socket): void {
  const body = JSON.stringify(
    problemOf(new FormatError('API_BODY', 'expected HTTP/1.1 with headers of at most 8 KiB')),
  );
  const head = [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
