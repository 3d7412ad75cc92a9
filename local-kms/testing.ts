import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { parseTrustAnchor } from '../shared/attestation/index.ts';
import { silentLogger } from '../shared/log.ts';
import { createDevelopmentNsmRoot, type KeyedCertificate } from '../shared/pki/index.ts';
import type { AuditEvent } from './audit/event.ts';
import { type FaultInput, faultList } from './faults/fault.ts';
import { DEFAULT_REGION } from './realm.ts';
import { type LocalKms, type LocalKmsOptions, startLocalKms as startServer } from './server.ts';

/** What a test may want otherwise; nothing is needed. */
export interface TestKmsOptions
  extends Partial<
    Pick<
      LocalKmsOptions,
      | 'transport'
      | 'region'
      | 'account'
      | 'seed'
      | 'trustAnchors'
      | 'attestation'
      | 'logger'
      | 'now'
    >
  > {
  readonly faults?: readonly FaultInput[];
}

/** A local KMS for one test suite. */
export interface TestKms extends LocalKms {
  /** What a KMS client of any AWS SDK needs: `new KMSClient(kms.clientConfig)`. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The development root that documents are trusted under, unless `trustAnchors` were given. */
  readonly nsmRoot: KeyedCertificate;
  /** The audit events of all calls so far. */
  readonly events: readonly AuditEvent[];
  /** Replaces what is to go wrong. */
  setFaults(faults: readonly FaultInput[]): void;
}

/**
 * Starts a local KMS on a free port of loopback, in memory, over plain HTTP unless told otherwise.
 *
 * Without a seed that names principals there is one: access key id and secret `local`, the root of
 * account 111122223333. Close it when the suite is done.
 *
 * @example
 * const kms = await startLocalKms();
 * const client = new KMSClient(kms.clientConfig);
 */
export async function startLocalKms(options: TestKmsOptions = {}): Promise<TestKms> {
  const { faults = [], now = Date.now, ...others } = options;
  const events: AuditEvent[] = [];
  const nsmRoot = await createDevelopmentNsmRoot({ now });
  const kms = await startServer({
    store: { kind: 'memory' },
    listen: { host: '127.0.0.1', port: 0 },
    transport: { kind: 'http' },
    trustAnchors: [parseTrustAnchor(nsmRoot.certificate)],
    logger: silentLogger,
    ...others,
    faults: faultList.parse(faults),
    audit: (event) => {
      events.push(event);
    },
    now,
    randomBytes: nodeRandomBytes,
  });
  return {
    ...kms,
    clientConfig: {
      endpoint: kms.endpoint,
      region: options.region ?? DEFAULT_REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
    nsmRoot,
    events,
    setFaults: (replacement) => kms.faults.replace(faultList.parse(replacement)),
  };
}
