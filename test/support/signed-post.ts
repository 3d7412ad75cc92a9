import { signRequest } from '../../shared/kms/index.ts';

/** A signed request that no SDK would make. */
export interface RawRequest {
  /** As in `X-Amz-Target`; absent if undefined. */
  readonly target?: string;
  readonly body?: string | Uint8Array;
  readonly region?: string;
  /** Milliseconds since the Unix epoch. */
  readonly now?: number;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly requestId: string | null;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const LOCAL = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Posts a request to a local KMS over plain HTTP. */
export async function signedPost(
  { port }: { readonly port: number },
  raw: RawRequest,
): Promise<RawAnswer> {
  const body = Buffer.from(raw.body ?? '{}');
  const host = `127.0.0.1:${port}`;
  const headers: [string, string][] = [
    ['content-type', 'application/x-amz-json-1.1'],
    ...(raw.target === undefined ? [] : [['x-amz-target', raw.target] as [string, string]]),
  ];
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers: [...headers, ['host', host]],
    body,
    credentials: raw.credentials ?? LOCAL,
    region: raw.region ?? 'us-east-1',
    service: 'kms',
    now: raw.now ?? Date.now(),
  });
  const response = await fetch(`http://${host}/`, {
    method: 'POST',
    headers: { ...Object.fromEntries(headers), ...signature },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    requestId: response.headers.get('x-amzn-requestid'),
    text,
    body: JSON.parse(text),
  };
}
