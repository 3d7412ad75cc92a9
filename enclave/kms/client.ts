import { KMS } from '@aws-sdk/client-kms';
import type { EnclaveMetrics } from '../metrics.ts';
import type { RecipientKeyRing } from '../recipient/index.ts';
import { boundedAnswers } from './bounded-answer.ts';
import { callDeadline } from './call-deadline.ts';
import type { CallsInFlight } from './calls-in-flight.ts';
import { countCalls } from './count-calls.ts';
import type { CredentialStore } from './credential-store.ts';
import { attestedRecipient } from './recipient-plugin.ts';
import { discardRefusedCredentials } from './refused-credentials.ts';
import { signByClock } from './signing-clock.ts';
import { TlsAgent, type TlsAgentOptions } from './tls-agent.ts';
import { codedTransportFailures } from './transport-failures.ts';

export interface AttestedKmsClientOptions extends TlsAgentOptions {
  readonly region: string;
  readonly credentials: Pick<CredentialStore, 'current' | 'discard'>;
  readonly keyRing: RecipientKeyRing;
  readonly inFlight: CallsInFlight;
  /** The trusted clock that requests are signed by: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** The clock of this process, which the SDK reads. */
  readonly now: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
  readonly metrics: Pick<EnclaveMetrics, 'kmsCall'>;
}

/** The SDK keeps credentials by the kernel's clock, unless they have ended already. */
const ASK_EACH_TIME = new Date(0);

/**
 * The AWS SDK's KMS client, attested, through the parent's proxy.
 *
 * Whatever the SDK would otherwise look up in the environment or in a profile file is given outright,
 * so that neither can lead elsewhere or draw a call out. It is the client that has a method for each
 * operation, since the AWS Encryption SDK calls those.
 */
export function createAttestedKmsClient(options: AttestedKmsClientOptions): KMS {
  const { credentials, inFlight } = options;
  const client = new KMS({
    region: options.region,
    endpoint: `https://${options.host}`,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: 3,
    credentials: async () => ({ ...(await credentials.current()), expiration: ASK_EACH_TIME }),
    requestHandler: {
      httpsAgent: new TlsAgent(options),
      // Until the answer begins, and for each pause within it.
      requestTimeout: options.timeoutMs,
      socketTimeout: options.timeoutMs,
      throwOnRequestTimeout: true,
    },
  });
  signByClock(client, options);
  client.middlewareStack.use(inFlight.plugin);
  client.middlewareStack.use(countCalls(options));
  client.middlewareStack.use(discardRefusedCredentials(credentials));
  client.middlewareStack.use(attestedRecipient(options.keyRing));
  client.middlewareStack.use(callDeadline(options));
  client.middlewareStack.use(codedTransportFailures(options));
  client.middlewareStack.use(boundedAnswers(options));
  return client;
}
