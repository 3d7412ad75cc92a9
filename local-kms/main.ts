import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTrustAnchor, type TrustAnchor } from '../shared/attestation/index.ts';
import { createLogger } from '../shared/log.ts';
import { isLoopbackHost } from '../shared/loopback.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../shared/pki/index.ts';
import { openAuditFile } from './audit/file.ts';
import type { AttestedCall } from './request/attested-call.ts';
import { exportSeed } from './seed/export.ts';
import type { Seed } from './seed/seed.ts';
import { type LocalKmsOptions, startLocalKms } from './server.ts';
import { openStore } from './store/open.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temporary-directory.ts';

/** What the command line says. */
export interface RunLocalKmsOptions extends Pick<LocalKmsOptions, 'listen' | 'store'> {
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly transport: 'http' | 'tls';
  /** Where the development CA and NSM root are kept; the data directory, or a temporary one, if not given. */
  readonly authorities: string | undefined;
  readonly tlsNames: readonly string[];
  readonly seed: Seed | undefined;
  /** With none, the development root is trusted, which lies beside the development CA. */
  readonly trustAnchors: readonly TrustAnchor[];
  /** The file that audit events are appended to. */
  readonly audit: string | undefined;
  /** Milliseconds since the Unix epoch: where the attestation clock stands at the start. */
  readonly attestationTime: number | undefined;
  /** Takes each attested call with the time of the attestation clock. */
  readonly record: ((call: AttestedCall, clock: number) => Promise<void>) | undefined;
  readonly now: () => number;
}

export interface LocalKmsReady {
  readonly endpoint: string;
  /** The file of the certificate that clients must trust; undefined over plain HTTP. */
  readonly ca: string | undefined;
  /** The file of the development root, if documents are trusted under it. */
  readonly nsmRoot: string | undefined;
}

export interface RunLocalKmsIo {
  /** Called once, when the server answers. */
  readonly onReady: (ready: LocalKmsReady) => void;
  /** Takes banner and log, line by line, without newlines. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs the server as a process: until SIGINT or SIGTERM, upon which it finishes what is under way.
 * A second signal ends it at once.
 */
export async function runLocalKms(options: RunLocalKmsOptions, io: RunLocalKmsIo): Promise<void> {
  const { now, attestationTime, record } = options;
  const startedAt = now();
  const attestationNow =
    attestationTime === undefined ? now : () => attestationTime + (now() - startedAt);
  const authorities = placeAuthorities(options);
  const directory = authorities.path;
  const audit = options.audit === undefined ? undefined : openAuditFile(options.audit);
  // Signals are awaited before anything is announced: who sees the endpoint may stop the process.
  const stopped = untilSignalled();
  try {
    const trustAnchors = await anchorsOf(options, directory);
    const server = await startLocalKms({
      store: options.store,
      listen: options.listen,
      transport:
        options.transport === 'http'
          ? { kind: 'http' }
          : { kind: 'tls', caDirectory: directory, names: options.tlsNames },
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.account === undefined ? {} : { account: options.account }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      trustAnchors,
      ...(audit === undefined ? {} : { audit: audit.sink }),
      attestation: { now: attestationNow },
      ...(record === undefined
        ? {}
        : { recordAttestedCall: (call) => record(call, attestationNow()) }),
      now,
      randomBytes,
      logger: createLogger({ component: 'local-kms', sink: io.onLine, now }),
    });
    io.onLine('nitro-key-broker local-kms: for development and tests. Nothing here is AWS KMS.');
    if (options.seed?.principals === undefined && !isLoopbackHost(options.listen.host)) {
      io.onLine(
        'nitro-key-broker local-kms: whoever reaches this address can sign as "local", whose secret is public: give a --seed with principals.',
      );
    }
    io.onReady({
      endpoint: server.endpoint,
      ca: server.caPem === undefined ? undefined : join(directory, 'tls-ca.pem'),
      nsmRoot: options.trustAnchors.length > 0 ? undefined : join(directory, 'nsm-root.pem'),
    });
    await stopped.signalled;
    await server.close();
  } finally {
    stopped.release();
    audit?.close();
    authorities.remove();
  }
}

async function anchorsOf(
  { trustAnchors, now }: RunLocalKmsOptions,
  directory: string,
): Promise<readonly TrustAnchor[]> {
  if (trustAnchors.length > 0) return trustAnchors;
  const root = await loadOrCreateDevelopmentNsmRoot({ directory, now });
  return [parseTrustAnchor(root.certificate)];
}

/**
 * Writes what the store of a data directory has as a seed file, for its owner only. No server may
 * have the store open.
 *
 * @throws {ConfigError} LOCAL_KMS_LOCKED, LOCAL_KMS_STORE, LOCAL_KMS_MASTER_KEY, LOCAL_KMS_EXPORT
 */
export async function exportLocalKms(directory: string, path: string): Promise<void> {
  const { store, vault, close } = await openStore(directory, randomBytes);
  try {
    writeFileSync(path, exportSeed({ store, vault }), { mode: 0o600, flag: 'wx' });
  } finally {
    await close();
  }
}

function placeAuthorities({ authorities, store }: RunLocalKmsOptions): TemporaryDirectory {
  const path = authorities ?? (store.kind === 'directory' ? store.directory : undefined);
  return path === undefined
    ? createTemporaryDirectory('local-kms-authorities-')
    : { path, remove() {} };
}

function untilSignalled(): { readonly signalled: Promise<void>; readonly release: () => void } {
  let onSignal = (): void => {};
  const signalled = new Promise<void>((resolve) => {
    onSignal = resolve;
  });
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  return {
    signalled,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
