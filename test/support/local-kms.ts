import { randomBytes } from 'node:crypto';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { type LocalKms, type LocalKmsOptions, startLocalKms } from '../../local-kms/index.ts';
import { silentLogger } from '../../shared/log.ts';

/** A local KMS in memory, on a free port of loopback, over plain HTTP unless `overrides` says else. */
export function startTestKms(overrides: Partial<LocalKmsOptions> = {}): Promise<LocalKms> {
  return startLocalKms({
    store: { kind: 'memory' },
    listen: { host: '127.0.0.1', port: 0 },
    transport: { kind: 'http' },
    trustAnchors: [],
    now: Date.now,
    randomBytes,
    logger: silentLogger,
    ...overrides,
  });
}

/** The AWS SDK's own client, with the credentials of the default principal unless said otherwise. */
export function createTestClient(
  kms: Pick<LocalKms, 'endpoint'>,
  overrides: KMSClientConfig = {},
): KMSClient {
  return new KMSClient({
    endpoint: kms.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    ...overrides,
  });
}

/** What a client sees of a refusal: its name, and the message if there is one. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly name: string; readonly message: string; readonly requestId: string }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { requestId?: string } };
    return { name, message, requestId: $metadata?.requestId ?? '' };
  }
  throw new Error('the call was not refused');
}
