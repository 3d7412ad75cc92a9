import { type AddressInfo, isIP } from 'node:net';
import { createVerifier, type TrustAnchor } from '../shared/attestation/index.ts';
import { TransportError } from '../shared/errors.ts';
import { createKeyPolicyCache } from '../shared/key-policy/index.ts';
import type { Logger } from '../shared/log.ts';
import {
  createDevelopmentTlsCa,
  encodeCertificatePem,
  issueServerCertificate,
  loadOrCreateDevelopmentTlsCa,
} from '../shared/pki/index.ts';
import type { AuditSink } from './audit/event.ts';
import type { Fault } from './faults/fault.ts';
import { createFaults, type Faults } from './faults/faults.ts';
import { keepUp } from './keys/upkeep.ts';
import { createListener, type TlsIdentity } from './listener.ts';
import { defaultPrincipal } from './principals.ts';
import { createRandomPool, type RandomBytes } from './random.ts';
import { DEFAULT_ACCOUNT, DEFAULT_REGION, type Realm } from './realm.ts';
import type { AttestedCallRecorder } from './request/attested-call.ts';
import { createDecisionLog } from './request/decisions.ts';
import { createServerEngine } from './request/engine.ts';
import { createRecipientVerifier } from './request/recipient.ts';
import { exportSeed } from './seed/export.ts';
import { plantSeed } from './seed/plant.ts';
import type { Seed } from './seed/seed.ts';
import { openStore, openTemporaryStore } from './store/open.ts';

const DEFAULT_DOCUMENT_AGE_SECONDS = 300;
const DEFAULT_DOCUMENT_SKEW_SECONDS = 5;
const REMEMBERED_DECISIONS = 1000;
const REMEMBERED_POLICIES = 1000;

export interface LocalKmsOptions {
  readonly store:
    | { readonly kind: 'memory' }
    | { readonly kind: 'directory'; readonly directory: string };
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly transport:
    | { readonly kind: 'http' }
    | {
        readonly kind: 'tls';
        /** Where the development CA is kept; without one it lives as long as the server. */
        readonly caDirectory?: string;
        /** Names beside localhost and the loopback addresses. */
        readonly names?: readonly string[];
      };
  /** The only region to serve; every region, each for itself, unless said otherwise. */
  readonly region?: string;
  /** Of the one principal of a server without configured ones; 111122223333 unless said otherwise. */
  readonly account?: string;
  /**
   * What the server has from its start. A seed without principals leaves the one of a server without
   * a seed: the root of the account, with access key id and secret `local`.
   */
  readonly seed?: Seed;
  /** Roots of attestation documents. With none, every `Recipient` is refused. */
  readonly trustAnchors: readonly TrustAnchor[];
  readonly attestation?: {
    /** Milliseconds since the Unix epoch; the server's own clock unless said otherwise. */
    readonly now?: () => number;
    /** 300 unless said otherwise. */
    readonly maxAgeSeconds?: number;
    /** 5 unless said otherwise. */
    readonly skewSeconds?: number;
  };
  /** Takes the CloudTrail-shaped event of each call, before the call is answered. */
  readonly audit?: AuditSink;
  /** What is to go wrong; `PUT /_local/faults` replaces it. */
  readonly faults?: readonly Fault[];
  /** Awaited before each attested call is answered, whatever the answer. */
  readonly recordAttestedCall?: AttestedCallRecorder;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
}

/** A server that answers at `endpoint`. */
export interface LocalKms {
  readonly endpoint: string;
  readonly port: number;
  /** The certificate that a client must trust; undefined over plain HTTP. */
  readonly caPem: string | undefined;
  /** What goes wrong on demand. */
  readonly faults: Faults;
  /** What the store has, as a seed file: with key material in the clear. */
  readonly exportSeed: () => string;
  /** Lets requests under way finish, then closes the store. */
  close(): Promise<void>;
}

/**
 * Starts an AWS-KMS-compatible server for development and tests.
 *
 * @throws {TransportError} TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_UNAVAILABLE
 * @throws {ConfigError} LOCAL_KMS_LOCKED, LOCAL_KMS_STORE, LOCAL_KMS_MASTER_KEY, PKI_*; CONFIG_INVALID
 *   for a seed that does not fit
 */
export async function startLocalKms(options: LocalKmsOptions): Promise<LocalKms> {
  const { now, logger, listen, attestation = {} } = options;
  const randomBytes = createRandomPool(options.randomBytes);
  const principals = options.seed?.principals ?? [defaultPrincipal(realmOf(options))];
  const identity = await createTlsIdentity(options);
  const opened =
    options.store.kind === 'memory'
      ? openTemporaryStore(randomBytes)
      : await openStore(options.store.directory, randomBytes);
  const backend = {
    servedRegion: options.region ?? 'any',
    store: opened.store,
    vault: opened.vault,
    now,
    randomBytes,
  };
  const faults = createFaults(options.faults ?? options.seed?.faults);
  const app = createListener({
    service: {
      backend,
      policies: createKeyPolicyCache(REMEMBERED_POLICIES),
      principals: new Map(principals.map((principal) => [principal.accessKeyId, principal])),
      verifyRecipient: createRecipientVerifier({
        verifier: createVerifier({
          engine: createServerEngine(),
          trustAnchors: options.trustAnchors,
        }),
        clock: {
          mode: 'live',
          now: attestation.now ?? now,
          maxAgeSeconds: attestation.maxAgeSeconds ?? DEFAULT_DOCUMENT_AGE_SECONDS,
          skewSeconds: attestation.skewSeconds ?? DEFAULT_DOCUMENT_SKEW_SECONDS,
        },
      }),
      decisions: createDecisionLog(REMEMBERED_DECISIONS),
      audit: options.audit ?? (() => {}),
      recordAttestedCall: options.recordAttestedCall,
      logger,
    },
    faults,
    tls: identity,
  });
  const close = async (): Promise<void> => {
    await app.close();
    await opened.close();
  };
  try {
    await keepUp(backend);
    if (options.seed !== undefined) await plantSeed(backend, options.seed);
    await app.listen(listen);
  } catch (error) {
    await close();
    throw listenError(error, listen);
  }
  const port = portOf(app.server.address());
  const endpoint = `${identity === undefined ? 'http' : 'https'}://${hostOf(listen.host)}:${port}`;
  logger.info('listening', { endpoint });
  return {
    endpoint,
    port,
    caPem: identity?.caPem,
    faults,
    exportSeed: () => exportSeed(backend),
    close,
  };
}

function realmOf({ region = DEFAULT_REGION, account = DEFAULT_ACCOUNT }: LocalKmsOptions): Realm {
  return { region, account };
}

async function createTlsIdentity({
  transport,
  listen,
  now,
}: LocalKmsOptions): Promise<(TlsIdentity & { readonly caPem: string }) | undefined> {
  if (transport.kind === 'http') return undefined;
  const ca =
    transport.caDirectory === undefined
      ? await createDevelopmentTlsCa({ now })
      : await loadOrCreateDevelopmentTlsCa({ directory: transport.caDirectory, now });
  const names = [
    ...new Set([...(transport.names ?? []), 'localhost', '127.0.0.1', '::1', listen.host]),
  ];
  const issued = await issueServerCertificate({
    ca,
    hostNames: names.filter((name) => isIP(name) === 0),
    ipAddresses: names.filter((name) => isIP(name) !== 0),
    now,
  });
  return { ...issued, caPem: encodeCertificatePem(ca.certificate) };
}

function listenError(error: unknown, { host, port }: LocalKmsOptions['listen']): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new TransportError(
        'TRANSPORT_ADDRESS_IN_USE',
        `another process listens on ${host} port ${port}`,
      );
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'ENOTFOUND':
      return new TransportError(
        'TRANSPORT_ADDRESS_UNAVAILABLE',
        `${host} port ${port} is not an address that this process can listen on`,
      );
    default:
      return error;
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return address.port;
}

/** A wildcard address is no address to connect to. */
function hostOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return isIP(host) === 6 ? `[${host}]` : host;
}
