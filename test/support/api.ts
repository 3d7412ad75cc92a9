import type { Agent, IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import type { ClientAttester } from '../../enclave/attestation/index.ts';
import { type EnclaveMetrics, silentMetrics } from '../../enclave/metrics.ts';
import type { ReadinessReport } from '../../enclave/readiness.ts';
import { type SigningCredentials, signRequest } from '../../shared/kms/index.ts';
import { type Address, connect } from '../../shared/vsock/index.ts';
import { readText } from './streams.ts';

export interface ApiRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text or bytes. */
  readonly body?: unknown;
  readonly agent?: Agent;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined if the answer is no JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export function encodeBody(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
}

/** One request over a connection of its own, or over those of an agent, to any kind of address. */
export async function askApi(address: Address, asked: ApiRequest): Promise<ApiAnswer> {
  const { method = asked.body === undefined ? 'GET' : 'POST', path, agent } = asked;
  const body = asked.body === undefined ? undefined : encodeBody(asked.body);
  const headers = {
    host: 'localhost',
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...asked.headers,
  };
  const socket = agent === undefined ? await connect(address, { timeoutMs: 5000 }) : undefined;
  const where = address.kind === 'unix' ? { socketPath: address.path } : {};
  try {
    return await new Promise<ApiAnswer>((resolve, reject) => {
      request({
        method,
        path,
        headers,
        ...(socket === undefined ? { agent, ...where } : { createConnection: () => socket }),
      })
        .once('error', reject)
        .once('response', async (response) => {
          const text = await readText(response);
          const { statusCode = 0, headers: answered } = response;
          resolve({ status: statusCode, headers: answered, text, json: parseObject(text) });
        })
        .end(body);
    });
  } finally {
    socket?.destroy();
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The headers of a request that a caller signed for the broker API. */
export function signedHeaders(options: {
  readonly path: string;
  readonly body: unknown;
  readonly credentials: SigningCredentials & { readonly accessKeyId: string };
  readonly region: string;
  readonly service?: string;
  readonly now?: number;
}): Readonly<Record<string, string>> {
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['host', 'localhost'],
  ];
  const signature = signRequest({
    method: 'POST',
    path: options.path,
    query: '',
    headers,
    body: encodeBody(options.body),
    credentials: options.credentials,
    region: options.region,
    service: options.service ?? 'nitro-key-broker',
    now: options.now ?? Date.now(),
  });
  return { ...Object.fromEntries(headers), ...signature };
}

export const READY: ReadinessReport = {
  ready: true,
  closing: false,
  checks: [{ check: 'clock', ok: true }],
};

export const NOT_READY: ReadinessReport = {
  ready: false,
  closing: false,
  checks: [
    { check: 'clock', ok: true },
    {
      check: 'credentials',
      ok: false,
      code: 'READY_CREDENTIALS',
      reason: 'TRANSPORT_REFUSED',
      message: 'nobody answers at unix:/run/inside.sock',
    },
  ],
};

/** Bytes of a document that nobody reads, beside a binding. */
export const scriptedAttester: ClientAttester = {
  attest: async ({ nonce, data }) => ({ document: nonce, binding: data }),
};

/** Metrics that count nothing, and whose text is known. */
export const scriptedMetrics: EnclaveMetrics & { text(): Promise<string> } = {
  ...silentMetrics,
  text: async () => '# HELP one one\n',
};
