import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface FakeImds {
  readonly endpoint: string;
  /** Method and path of each request, in order. */
  readonly requests: readonly string[];
  /** What it answers; replace to change it. */
  credentials: Record<string, unknown>;
  /** Answers instead, for requests where it returns true. */
  override: (request: IncomingMessage, response: ServerResponse) => boolean;
}

const ROLE = 'enclave-parent+role@example';

/** The instance metadata service, version 2, on loopback: no answer without its session token. */
export async function startFakeImds(credentials: Record<string, unknown>): Promise<FakeImds> {
  const requests: string[] = [];
  const token = 'AQAEA-session-token==';
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push(`${method} ${url}`);
    if (imds.override(request, response)) return;
    const base = '/latest/meta-data/iam/security-credentials/';
    if (method === 'PUT' && url === '/latest/api/token') {
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
      response.statusCode = ttl >= 1 && ttl <= 21_600 ? 200 : 400;
      response.end(response.statusCode === 200 ? token : '');
    } else if (headers['x-aws-ec2-metadata-token'] !== token) {
      response.writeHead(401).end();
    } else if (method === 'GET' && url === base) {
      response.end(`${ROLE}\n`);
    } else if (method === 'GET' && url === base + ROLE) {
      response.end(JSON.stringify(imds.credentials));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const imds: FakeImds = {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    credentials,
    override: () => false,
  };
  return imds;
}
