// The load that bench/local-kms.ts puts on a server, from a process of its own: what it costs to make
// is not counted for the server. Each order comes, and each result goes, as an IPC message.
import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { signRequest } from '../shared/kms/index.ts';
import { createKeepAlive } from './keep-alive.ts';

/** Callers of one request, each of whom sends it again when it is answered. */
export interface LoadStream {
  readonly operation: string;
  /** JSON. */
  readonly body: string;
  readonly callers: number;
}

export interface LoadOrder {
  readonly port: number;
  readonly milliseconds: number;
  readonly streams: readonly LoadStream[];
}

export interface LoadResult {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The last one: its status, and its body as it came. */
  readonly answer: { readonly status: number; readonly json: string };
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const REGION = 'us-east-1';

process.on('message', async ({ port, milliseconds, streams }: LoadOrder) => {
  const until = performance.now() + milliseconds;
  process.send?.(await Promise.all(streams.map((stream) => runStream(stream, port, until))));
});

async function runStream(stream: LoadStream, port: number, until: number): Promise<LoadResult> {
  // Signed once: a signature is good for five minutes.
  const request = signedRequest(stream, port);
  const latencies: number[] = [];
  let answer = { status: 0, json: '' };
  const call = async (): Promise<void> => {
    const connection = createKeepAlive(port);
    let start = performance.now();
    while (start < until) {
      const { status, body } = await connection.send(request);
      const end = performance.now();
      latencies.push(end - start);
      start = end;
      answer = { status, json: Buffer.from(body).toString() };
      if (status !== 200) break;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: stream.callers }, call));
  latencies.sort((a, b) => a - b);
  const quantile = (q: number): number => latencies[Math.floor(latencies.length * q)] as number;
  return { count: latencies.length, p50: quantile(0.5), p99: quantile(0.99), answer };
}

function signedRequest({ operation, body }: LoadStream, port: number): Uint8Array {
  const bytes = Buffer.from(body);
  const headers = [
    ['host', `127.0.0.1:${port}`],
    ['content-type', 'application/x-amz-json-1.1'],
    ['x-amz-target', `TrentService.${operation}`],
  ] as const;
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers,
    body: bytes,
    credentials: CREDENTIALS,
    region: REGION,
    service: 'kms',
    now: Date.now(),
  });
  const lines = [...headers, ...Object.entries(signature), ['content-length', bytes.length]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${head}\r\n`), bytes]);
}
