import { Buffer } from 'node:buffer';
import { type IncomingMessage, request } from 'node:http';
import { TransportError } from '../../shared/errors.ts';
import { connectFailure } from '../../shared/vsock/index.ts';

/**
 * One request to the instance metadata service; resolves to the body of a 200 answer.
 *
 * @throws {TransportError} IMDS_STATUS, IMDS_TOO_LARGE, or the TRANSPORT_* codes of connecting
 */
export async function requestMetadata(options: {
  readonly url: URL;
  readonly method: 'GET' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}): Promise<string> {
  const { url, method, headers, timeoutMs, maxBytes } = options;
  const expiry = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(url, { method, headers, signal: expiry });
    if (response.statusCode !== 200) {
      response.destroy();
      throw new TransportError(
        'IMDS_STATUS',
        `${method} ${url.pathname} was answered with status ${response.statusCode}`,
        { details: { path: url.pathname, status: response.statusCode ?? null } },
      );
    }
    return await readBody(response, maxBytes);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (expiry.aborted) {
      throw new TransportError(
        'TRANSPORT_TIMEOUT',
        `${url.origin} did not answer within ${timeoutMs} ms`,
      );
    }
    throw connectFailure(url.origin, error);
  }
}

function send(url: URL, options: Parameters<typeof request>[1]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, ...options })
      .once('response', resolve)
      .once('error', reject)
      .end();
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new TransportError('IMDS_TOO_LARGE', `the answer has more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
