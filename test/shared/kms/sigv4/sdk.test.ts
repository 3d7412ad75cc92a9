import { GenerateRandomCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkSignature } from '../../../../shared/kms/index.ts';

const now = Date.parse('2026-02-03T04:05:06Z');

interface Captured {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What the SDK would have sent; nothing leaves the process. */
async function captureRequest(credentials: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}): Promise<Captured> {
  const captured: Captured[] = [];
  const client = new KMSClient({
    region: 'eu-central-1',
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle: (request: Captured) => {
        captured.push(request);
        return Promise.reject(new Error('captured'));
      },
    },
  });
  await expect(client.send(new GenerateRandomCommand({ NumberOfBytes: 32 }))).rejects.toThrow();
  const [request] = captured;
  if (request === undefined) throw new Error('the SDK sent no request');
  return request;
}

it.each([
  { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token/+=' },
])('accepts what the AWS SDK signs for $accessKeyId', async (credentials) => {
  const request = await captureRequest(credentials);
  const options = {
    method: request.method,
    url: request.path,
    rawHeaders: Object.entries(request.headers).flat(),
    body: request.body,
    region: 'any',
    service: 'kms',
    now,
    skewSeconds: 300,
    credentialsOf: (id: string) => (id === credentials.accessKeyId ? credentials : undefined),
  };
  expect(checkSignature(options)).toEqual({
    accessKeyId: credentials.accessKeyId,
    region: 'eu-central-1',
  });
  const otherTarget = options.rawHeaders.map((text) =>
    text === 'TrentService.GenerateRandom' ? 'TrentService.Decrypt' : text,
  );
  expect(() => checkSignature({ ...options, rawHeaders: otherTarget })).toThrow(
    expect.objectContaining({ type: 'InvalidSignatureException' }),
  );
});
