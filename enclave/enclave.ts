import { X509Certificate } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { readConfigFile } from '../shared/config/index.ts';
import { ConfigError } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';
import { createNsmClient } from '../shared/nsm/index.ts';
import { formatAddress } from '../shared/vsock/index.ts';
import { type EnclaveConfig, kmsHost } from './config.ts';
import { checkEnvironment } from './environment.ts';
import {
  amazonRootCertificates,
  createAttestedKmsClient,
  createCredentialProvider,
} from './kms/index.ts';
import { silentMetrics } from './metrics.ts';
import { openNsm } from './nsm/index.ts';
import { createKeyRing, type RecipientKeyRing } from './recipient/index.ts';

const MAX_ROOTS_BYTES = 65_536;

export interface EnclaveDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}

/** What runs in an enclave: an attested KMS client on a recipient key of this process. */
export interface Enclave {
  /** The AWS SDK's client, whose five Recipient operations are attested. */
  readonly kms: KMSClient;
  /** For what must not leave the enclave: see the trust rules on its documents. */
  readonly keyRing: RecipientKeyRing;
  close(): void;
}

/**
 * Brings up the enclave's side from its measured configuration.
 *
 * @throws {ConfigError} CONFIG_ENVIRONMENT, CONFIG_TLS_ROOTS, PKI_*, SOFTWARE_NSM_OPTION
 * @throws {NsmError} NSM_DEVICE_*
 */
export async function createEnclave(
  config: EnclaveConfig,
  dependencies: EnclaveDependencies,
): Promise<Enclave> {
  const { env, logger, now, monotonic } = dependencies;
  if (config.profile === 'production') checkEnvironment(env);
  else
    logger.warn('development profile', { trusts: 'whom it is told to: nothing here is protected' });

  const nsm = await openNsm(config.nsm, { region: config.kms.region, now });
  try {
    const keyRing = await createKeyRing({
      nsm: createNsmClient(nsm),
      ...config.recipient,
      monotonic,
      metrics: silentMetrics,
    });
    const { region, proxy, timeoutMs } = config.kms;
    const host = kmsHost(config);
    const kms = createAttestedKmsClient({
      region,
      host,
      proxy,
      timeoutMs,
      roots: await readRoots(config),
      credentials: createCredentialProvider({ parent: config.credentials, timeoutMs, now }),
      keyRing,
    });
    logger.info('enclave up', { profile: config.profile, host, proxy: formatAddress(proxy) });
    return {
      kms,
      keyRing,
      close() {
        kms.destroy();
        keyRing.close();
        nsm.close();
      },
    };
  } catch (error) {
    nsm.close();
    throw error;
  }
}

async function readRoots({ kms }: EnclaveConfig): Promise<readonly string[]> {
  if (kms.tlsRoots === undefined) return amazonRootCertificates();
  const pem = await readConfigFile(kms.tlsRoots, MAX_ROOTS_BYTES);
  try {
    return [new X509Certificate(pem).toString()];
  } catch {
    throw new ConfigError('CONFIG_TLS_ROOTS', `${kms.tlsRoots} does not hold a certificate in PEM`);
  }
}
