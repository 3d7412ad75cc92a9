import { type IncomingHttpHeaders, request } from 'node:http';
import { type Address, connect } from '../../shared/vsock/index.ts';
import { readText } from './streams.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTP request over a connection of its own to any kind of address. */
export async function httpRequest(
  address: Address,
  path: string,
  method = 'GET',
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const socket = await connect(address, { timeoutMs: 5000 });
  try {
    return await new Promise((resolve, reject) => {
      request({
        method,
        path,
        createConnection: () => socket,
        headers: { host: 'parent', ...headers },
      })
        .once('error', reject)
        .once('response', async (response) => {
          const body = await readText(response);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        })
        .end();
    });
  } finally {
    socket.destroy();
  }
}
