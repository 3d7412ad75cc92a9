import { Buffer } from 'node:buffer';
import { request } from 'node:https';
import { KmsError, TransportError } from '../../shared/errors.ts';
import type { TlsAgent } from './tls-agent.ts';
import { transportFailure } from './transport-failures.ts';

export interface ExchangeOptions {
  readonly agent: TlsAgent;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** From now until the whole answer is there, a wait for a connection included. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly requestId: string | undefined;
  readonly body: Uint8Array;
}

/** The longest answers are those with data key pairs of RSA_4096: 6 KB. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Makes one request over a connection of the agent, and waits for the whole answer.
 *
 * @throws {TransportError} TRANSPORT_TIMEOUT, TRANSPORT_LOST, or what the agent throws
 * @throws {KmsError} KMS_ANSWER_TOO_LARGE
 */
export function exchange(options: ExchangeOptions): Promise<HttpAnswer> {
  const { agent, host, headers, body, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const ask = request({ agent, host, method: 'POST', path: '/', headers });
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      // Rejected first: a request that waits for a connection does not tell of its end.
      reject(transportFailure(error, { host, timeoutMs }) ?? error);
      ask.destroy();
    };
    const timer = setTimeout(() => {
      fail(
        new TransportError('TRANSPORT_TIMEOUT', `${host} did not answer within ${timeoutMs} ms`),
      );
    }, timeoutMs);
    let begun = false;
    ask.on('response', (response) => {
      begun = true;
      const parts: Uint8Array[] = [];
      let length = 0;
      response.on('data', (part: Uint8Array) => {
        length += part.length;
        if (length > MAX_ANSWER_BYTES) fail(tooLarge(host));
        else parts.push(part);
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve({
          statusCode: response.statusCode ?? 0,
          requestId: requestIdOf(response.headers['x-amzn-requestid']),
          body: Buffer.concat(parts),
        });
      });
      response.on('error', fail);
    });
    ask.on('error', fail);
    ask.on('close', () => {
      if (!begun) fail(lost(host));
    });
    ask.end(body);
  });
}

/** It goes into a header of another answer. */
function requestIdOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w-]{1,128}$/.test(header) ? header : undefined;
}

function tooLarge(host: string): KmsError {
  return new KmsError(
    'KMS_ANSWER_TOO_LARGE',
    `${host} answered with more than ${MAX_ANSWER_BYTES} bytes`,
  );
}

function lost(host: string): TransportError {
  return new TransportError('TRANSPORT_LOST', `${host} ended the connection without an answer`);
}
