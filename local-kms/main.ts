import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrustAnchor } from '../shared/attestation/index.ts';
import { createLogger } from '../shared/log.ts';
import type { Principal } from './principals.ts';
import type { AttestedCall } from './request/attested-call.ts';
import { type LocalKmsOptions, startLocalKms } from './server.ts';

/** What the command line says. */
export interface RunLocalKmsOptions extends Pick<LocalKmsOptions, 'listen' | 'store'> {
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly transport: 'http' | 'tls';
  /** Where the development TLS CA is kept; the data directory, or a temporary one, if not given. */
  readonly tlsDirectory: string | undefined;
  readonly tlsNames: readonly string[];
  readonly principals: readonly Principal[] | undefined;
  readonly trustAnchors: readonly TrustAnchor[];
  /** Milliseconds since the Unix epoch: where the attestation clock stands at the start. */
  readonly attestationTime: number | undefined;
  /** Takes each attested call with the time of the attestation clock. */
  readonly record: ((call: AttestedCall, clock: number) => Promise<void>) | undefined;
  readonly now: () => number;
}

export interface RunLocalKmsIo {
  /** Called once, when the server answers. */
  readonly onReady: (ready: { readonly endpoint: string; readonly ca: string | undefined }) => void;
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
  const tls = options.transport === 'tls' ? placeCa(options) : undefined;
  // Signals are awaited before anything is announced: who sees the endpoint may stop the process.
  const stopped = untilSignalled();
  try {
    const server = await startLocalKms({
      store: options.store,
      listen: options.listen,
      transport:
        tls === undefined
          ? { kind: 'http' }
          : { kind: 'tls', caDirectory: tls.directory, names: options.tlsNames },
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.account === undefined ? {} : { account: options.account }),
      ...(options.principals === undefined ? {} : { principals: options.principals }),
      trustAnchors: options.trustAnchors,
      attestation: { now: attestationNow },
      ...(record === undefined
        ? {}
        : { recordAttestedCall: (call) => record(call, attestationNow()) }),
      now,
      randomBytes,
      logger: createLogger({ component: 'local-kms', sink: io.onLine, now }),
    });
    io.onLine('nitro-key-broker local-kms: for development and tests. Nothing here is AWS KMS.');
    io.onReady({
      endpoint: server.endpoint,
      ca: tls === undefined ? undefined : join(tls.directory, 'tls-ca.pem'),
    });
    await stopped.signalled;
    await server.close();
  } finally {
    stopped.release();
    if (tls?.temporary) rmSync(tls.directory, { recursive: true, force: true });
  }
}

function placeCa({ tlsDirectory, store }: RunLocalKmsOptions): {
  readonly directory: string;
  readonly temporary: boolean;
} {
  if (tlsDirectory !== undefined) return { directory: tlsDirectory, temporary: false };
  if (store.kind === 'directory') return { directory: store.directory, temporary: false };
  return { directory: mkdtempSync(join(tmpdir(), 'local-kms-tls-')), temporary: true };
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
