import { X509Certificate } from 'node:crypto';
import type { KMS } from '@aws-sdk/client-kms';
import { readConfigFile } from '../shared/config/index.ts';
import { encodeHex } from '../shared/encoding.ts';
import { ConfigError } from '../shared/errors.ts';
import { errorFields, type Logger } from '../shared/log.ts';
import { createPrometheusMetrics, type MetricsText } from './api/index.ts';
import { createKeyBroker, type KeyBroker } from './broker/index.ts';
import { configHash } from './config/effective.ts';
import { type EnclaveConfig, kmsHost } from './config.ts';
import { checkEnvironment } from './environment.ts';
import { layFoundation } from './foundation.ts';
import {
  amazonRootCertificates,
  countCallsInFlight,
  createAttestedKmsClient,
  createCredentialStore,
  createSignedKmsClient,
  fetchCredentials,
  TlsAgent,
} from './kms/index.ts';
import type { EnclaveMetrics } from './metrics.ts';
import { kernel, type Platform } from './platform/index.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { createKeyRing, type RecipientKeyRing } from './recipient/index.ts';
import { runSelfTest } from './self-test.ts';
import { type Services, startServices } from './services.ts';
import { supervise } from './supervision.ts';

const MAX_ROOTS_BYTES = 65_536;

export interface EnclaveDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** The clock of this process, by which the AWS SDK goes: milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
  /** From 0 up to 1, for pauses that should not coincide. It need not be unpredictable. */
  readonly random: () => number;
  /** Counters of its own unless given. */
  readonly metrics?: EnclaveMetrics & MetricsText;
  /** The kernel of this machine unless given. */
  readonly platform?: Platform;
}

/** What runs in an enclave: attested clients on recipient keys of this process, and what it serves. */
export interface Enclave {
  readonly config: EnclaveConfig;
  /** SHA-256 of the effective configuration. */
  readonly configHash: Uint8Array;
  /** The AWS SDK's client, whose five Recipient operations are attested. */
  readonly kms: KMS;
  /** The Recipient operations on the keys that the configuration names. */
  readonly broker: KeyBroker;
  /** Where the endpoint and the APIs listen. */
  readonly services: Omit<Services, 'close'>;
  /** For what must not leave the enclave: see the trust rules on its documents. */
  readonly keyRing: RecipientKeyRing;
  readonly readiness: Readiness;
  /**
   * Resolves to true when every check has passed once; to false if the enclave closes before. Whether
   * they still do, `readiness` tells.
   */
  readonly ready: Promise<boolean>;
  /** Takes no more calls, waits for those under way as long as one may take, then wipes. */
  close(): Promise<void>;
  /** Lets go of keys, credentials, connections and the secure module at once. */
  wipe(): void;
}

/**
 * Brings up the enclave's side from its measured configuration.
 *
 * Resolves when all is well inside of the enclave. The parent and KMS may not be there yet: that is
 * tried again until they are, and `readiness` says what is missing.
 *
 * @throws {ConfigError} CONFIG_ENVIRONMENT, CONFIG_TLS_ROOTS, CALLER_FILE*, PKI_*,
 *   SOFTWARE_NSM_OPTION
 * @throws {NsmError} NSM_DEVICE_*
 * @throws {ReadinessError} READY_LOOPBACK, READY_DOCUMENT, READY_DEBUG_PCRS, READY_CLOCK,
 *   READY_ENTROPY
 * @throws {TransportError} TRANSPORT_* when an address cannot be listened on
 */
export async function createEnclave(
  config: EnclaveConfig,
  dependencies: EnclaveDependencies,
): Promise<Enclave> {
  const { env, logger } = dependencies;
  if (config.profile === 'production') checkEnvironment(env);
  else
    logger.warn('development profile', { trusts: 'whom it is told to: nothing here is protected' });

  const undo: Array<() => void> = [];
  const wipe = (): void => {
    for (const step of undo.splice(0).reverse()) step();
  };
  try {
    return await bringUp(config, dependencies, undo, wipe);
  } catch (error) {
    wipe();
    throw error;
  }
}

async function bringUp(
  config: EnclaveConfig,
  dependencies: EnclaveDependencies,
  undo: Array<() => void>,
  wipe: () => void,
): Promise<Enclave> {
  const { logger, now, monotonic, random } = dependencies;
  const {
    platform = kernel,
    metrics = createPrometheusMetrics({ callers: config.callers.map(({ name }) => name) }),
  } = dependencies;
  const { region, proxy, timeoutMs } = config.kms;
  const host = kmsHost(config);
  const hash = configHash(config);
  const readiness = createReadiness(logger);
  const { nsm, clock, compareClocks } = await layFoundation({
    ...{ config, readiness, platform, logger, now, monotonic },
    onOpen: (close) => undo.push(close),
  });

  const keyRing = await createKeyRing({ nsm, ...config.recipient, monotonic, metrics });
  undo.push(() => keyRing.close());

  const credentials = createCredentialStore({
    fetch: (signal) => fetchCredentials({ parent: config.credentials, timeoutMs, signal }),
    clock: clock.now,
    random,
    onRefreshFailed: (error) => logger.warn('credentials not renewed', errorFields(error)),
  });
  undo.push(() => credentials.close());

  const connection = { region, host, proxy, timeoutMs, roots: await readRoots(config) };
  const calls = { credentials, keyRing, clock: clock.now, now, monotonic, random, metrics };
  const inFlight = countCallsInFlight();
  const kms = createAttestedKmsClient({ ...connection, ...calls, inFlight });
  undo.push(() => kms.destroy());
  const broker = createKeyBroker({ kms, keys: config.keys });

  const agent = new TlsAgent(connection);
  undo.push(() => agent.destroy());
  const services = await startServices({
    ...{ config, configHash: hash, nsm, broker, readiness, logger },
    ...calls,
    kms: createSignedKmsClient({ ...connection, ...calls, agent }),
  });

  const supervision = supervise({
    readiness,
    async credentials() {
      await credentials.current();
    },
    selfTest: () => runSelfTest(kms, config),
    selfTestEveryMs:
      config.selfTest.operation === 'none' ? undefined : config.selfTest.everySeconds * 1000,
    async clock() {
      await clock.refresh();
      await compareClocks();
    },
    random,
  });
  undo.push(() => supervision.stop());
  logger.info('enclave up', { profile: config.profile, host, configHash: encodeHex(hash) });

  const drain = async (): Promise<void> => {
    readiness.close();
    supervision.stop();
    const [count] = await Promise.all([inFlight.drain(timeoutMs), services.close()]);
    if (count > 0) logger.warn('calls cut off', { count });
    wipe();
  };
  let draining: Promise<void> | undefined;
  return {
    ...{ config, configHash: hash, kms, broker, keyRing, services, readiness },
    ready: supervision.ready,
    close() {
      draining ??= drain();
      return draining;
    },
    wipe,
  };
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
