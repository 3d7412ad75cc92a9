import { KMS } from '@aws-sdk/client-kms';
import { attestedRecipient, TlsAgent } from '../../enclave/kms/index.ts';
import type { NsmClient } from '../../shared/nsm/index.ts';
import { createTestKeyRing } from './key-ring.ts';

/** A KMS that answers as `localhost`, over TLS on loopback. */
export interface TlsKms {
  readonly port: number;
  /** The root to trust. */
  readonly caPem: string | undefined;
  /** us-east-1 unless said otherwise. */
  readonly region?: string;
}

const CONFIG = {
  endpoint: 'https://localhost',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
} as const;

/** The AWS SDK's client as a program outside of any enclave has it. The caller destroys it. */
export function createPlainClient({ port, caPem = '', region = 'us-east-1' }: TlsKms): KMS {
  const httpsAgent = new TlsAgent({
    proxy: { kind: 'tcp', host: '127.0.0.1', port },
    host: 'localhost',
    roots: [caPem],
    timeoutMs: 5000,
  });
  return new KMS({ ...CONFIG, region, requestHandler: { httpsAgent } });
}

export interface AttestedClient {
  readonly client: KMS;
  close(): void;
}

/** The same client, attested by the documents of `nsm`. */
export async function createAttestedClient(kms: TlsKms, nsm: NsmClient): Promise<AttestedClient> {
  const client = createPlainClient(kms);
  const keyRing = await createTestKeyRing({ nsm });
  client.middlewareStack.use(attestedRecipient(keyRing));
  return {
    client,
    close() {
      client.destroy();
      keyRing.close();
    },
  };
}
