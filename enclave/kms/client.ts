import { KMSClient } from '@aws-sdk/client-kms';
import type { RecipientKeyRing } from '../recipient/index.ts';
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
 * Region and endpoint are given outright, so that neither the environment nor a profile file of the
 * SDK can lead elsewhere.
 */
export function createAttestedKmsClient(options: AttestedKmsClientOptions): KMSClient {
  const client = new KMSClient({
    region: options.region,
    endpoint: `https://${options.host}`,
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
  client.middlewareStack.use(codedTransportFailures(options));
  return client;
}
