import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { encodeServiceError, KmsServiceError } from '../../shared/kms/index.ts';
import { dateAnswers } from '../date-answers.ts';

export const CONTENT_TYPE = 'application/x-amz-json-1.1';
/** Above what SDKs keep idle connections for, so that it is they who end them. */
const KEEP_ALIVE_MS = 60_000;

/** Makes the HTTP server of an endpoint. Whatever it says in place of a handler, KMS could say. */
export function createHttpServer(
  options: { readonly requestTimeoutMs: number; readonly clock: () => number },
  onRequest: RequestListener,
): Server {
  const { requestTimeoutMs, clock } = options;
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Its absence is the signature's to find, which covers it.
      requireHostHeader: false,
    },
    onRequest,
  );
  dateAnswers(server, clock);
  return server;
}

/** Answers what cannot be read as a request, or did not come in in time. */
export function refuseMessage({ code }: { readonly code?: unknown }, socket: Socket): void {
  if (socket.writable) socket.write(encodeRefusal(refusalOf(code)));
  socket.destroySoon();
}

function refusalOf(code: unknown): KmsServiceError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new KmsServiceError(
        'RequestTimeoutException',
        'The request did not come in in time.',
        {
          statusCode: 408,
        },
      );
    case 'HPE_HEADER_OVERFLOW':
      return new KmsServiceError('SerializationException', 'The request headers are too large.', {
        statusCode: 431,
      });
    default:
      return new KmsServiceError('SerializationException', 'The request is not HTTP/1.1.');
  }
}

function encodeRefusal(error: KmsServiceError): string {
  const body = encodeServiceError(error);
  const head = [
    `HTTP/1.1 ${error.statusCode} ${STATUS_CODES[error.statusCode]}`,
    `content-type: ${CONTENT_TYPE}`,
    `content-length: ${body.length}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
