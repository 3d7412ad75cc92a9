import { KMSClient } from '@aws-sdk/client-kms';
import type { RecipientKeyRing } from '../recipient/index.ts';
import { callDeadline } from './call-deadline.ts';
import type { RoleCredentials } from './credentials.ts';
import { attestedRecipient } from './recipient-plugin.ts';
import { TlsAgent, type TlsAgentOptions } from './tls-agent.ts';
import { codedTransportFailures } from './transport-failures.ts';

export interface AttestedKmsClientOptions extends TlsAgentOptions {
  readonly region: string;
  readonly credentials: () => Promise<RoleCredentials>;
  readonly keyRing: RecipientKeyRing;
}

/**
 * The AWS SDK's KMS client, attested, through the parent's proxy.
 *
 * Whatever the SDK would otherwise look up in the environment or in a profile file is given outright,
 * so that neither can lead elsewhere or draw a call out.
 */
export function createAttestedKmsClient(options: AttestedKmsClientOptions): KMSClient {
  const client = new KMSClient({
    region: options.region,
    endpoint: `https://${options.host}`,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: 3,
    credentials: options.credentials,
    requestHandler: {
      httpsAgent: new TlsAgent(options),
      // Until the answer begins, and for each pause within it.
      requestTimeout: options.timeoutMs,
      socketTimeout: options.timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  client.middlewareStack.use(attestedRecipient(options.keyRing));
  client.middlewareStack.use(callDeadline(options));
  client.middlewareStack.use(codedTransportFailures(options));
  return client;
}
