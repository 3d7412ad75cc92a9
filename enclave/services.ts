import { randomBytes } from 'node:crypto';
import type { Logger } from '../shared/log.ts';
import type { NsmClient } from '../shared/nsm/index.ts';
import { type Address, formatAddress } from '../shared/vsock/index.ts';
import { type MetricsText, startBrokerApi, startParentApi } from './api/index.ts';
import { createClientAttester } from './attestation/index.ts';
import type { KeyBroker } from './broker/index.ts';
import { createCallers } from './callers/index.ts';
import type { EnclaveConfig } from './config.ts';
import { startEndpoint } from './endpoint/index.ts';
import type { SignedKmsClient } from './kms/index.ts';
import type { EnclaveMetrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';
import type { RecipientKeyRing } from './recipient/index.ts';

export interface ServicesOptions {
  readonly config: EnclaveConfig;
  readonly configHash: Uint8Array;
  readonly nsm: NsmClient;
  readonly kms: SignedKmsClient;
  readonly broker: KeyBroker;
  readonly keyRing: RecipientKeyRing;
  readonly readiness: Readiness;
  readonly metrics: EnclaveMetrics & MetricsText;
  readonly logger: Logger;
  /** The trusted clock: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}

/** What an enclave listens on: addresses as bound. */
export interface Services {
  readonly endpoint: Address | undefined;
  readonly api: Address | undefined;
  readonly parentApi: Address | undefined;
  /** Takes no more calls, waits for those under way, and removes the callers' credentials files. */
  close(): Promise<void>;
}

/**
 * Starts what the configuration asks for: the KMS-compatible endpoint, the broker API, and the API
 * towards the parent. All of it, or nothing.
 *
 * @throws {ConfigError} CALLER_FILE, CALLER_FILE_DIRECTORY, CALLER_FILE_OWNER
 * @throws {TransportError} TRANSPORT_* when an address cannot be listened on
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { config, logger, metrics, readiness } = options;
  const { keys, kms } = config;
  const closeGraceMs = kms.timeoutMs;
  const started: { close(): Promise<void> }[] = [];
  const start = async <Part extends { close(): Promise<void> }>(
    starting: Promise<Part>,
  ): Promise<Part> => {
    const part = await starting;
    started.push(part);
    return part;
  };
  const serve = async (
    service: string,
    starting: Promise<{ readonly address: Address; close(): Promise<void> }>,
  ): Promise<Address> => {
    const { address } = await start(starting);
    logger.info('listening', { service, listen: formatAddress(address) });
    return address;
  };
  const close = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.close()));
  };

  try {
    const attester = createClientAttester(options);
    let parentApi: Address | undefined;
    if (config.parentApi !== undefined) {
      const { listen } = config.parentApi;
      const api = startParentApi({ listen, attester, readiness, metrics, logger, closeGraceMs });
      parentApi = await serve('parent-api', api);
    }
    const callers = await start(createCallers({ config, randomBytes, now: options.clock }));
    let endpoint: Address | undefined;
    if (config.endpoint !== undefined) {
      const parts = { ...options, ...config.endpoint, keys, callers, closeGraceMs };
      endpoint = await serve('endpoint', startEndpoint(parts));
    }
    let api: Address | undefined;
    if (config.api !== undefined) {
      const parts = { ...options, ...config.api, keys, callers, attester, closeGraceMs };
      api = await serve('api', startBrokerApi(parts));
    }
    return { endpoint, api, parentApi, close };
  } catch (error) {
    await close();
    throw error;
  }
}
