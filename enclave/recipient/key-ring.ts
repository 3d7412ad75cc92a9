import { BrokerError, ConfigError } from '../../shared/errors.ts';
import type { NsmClient } from '../../shared/nsm/index.ts';
import type { Secret } from '../../shared/secret.ts';
import { type EnclaveMetrics, silentMetrics } from '../metrics.ts';
import { holdKey, keyGone } from './held-key.ts';
import { createKeyOfWindow } from './key-of-window.ts';
import { createKeyPerCall } from './key-per-call.ts';
import { createKeyPool, ringClosed } from './key-pool.ts';
import type { KeyForCall } from './key-source.ts';
import { createRecipientKey, KEY_BITS, type KeyBits, type RecipientKey } from './recipient-key.ts';

/** Five minutes are often named as KMS's limit; the reuse must end well before. */
export const MAX_DOCUMENT_SECONDS = 240;
const MAX_ROTATION_SECONDS = 3600;

export interface KeyRingOptions {
  readonly nsm: Pick<NsmClient, 'attest'>;
  /** The RSA modulus. */
  readonly keyBits: KeyBits;
  /** A key for each call, or one for a window of `rotationSeconds`. */
  readonly keys: 'per-call' | 'window';
  readonly rotationSeconds: number;
  /** How long a document is used again: more than 0, at most {@link MAX_DOCUMENT_SECONDS}. */
  readonly documentSeconds: number;
  /** How many keys are ready before they are needed. */
  readonly spareKeys: number;
  /** After so many envelopes that did not open, a key is given up. */
  readonly maxFailedOpenings: number;
  /** A clock that only runs forward, in milliseconds: durations do not depend on the time of day. */
  readonly monotonic: () => number;
  /** Told of each document; nobody is unless given. */
  readonly metrics?: Pick<EnclaveMetrics, 'document'>;
}

/** The recipient keys of this process and the documents that carry them. */
export interface RecipientKeyRing {
  /**
   * A key and a document that carries it, for one call to KMS. Release it when the call is over.
   *
   * The document goes to KMS and to nobody else: see the trust rules in docs. It may be reused from
   * an earlier call, for at most `documentSeconds`, unless a `fresh` one is asked for.
   *
   * @throws {NsmError}
   * @throws {UnwrapError} UNWRAP_RING_CLOSED
   */
  lease(options?: { readonly fresh?: boolean }): Promise<RecipientLease>;
  readonly stats: KeyRingStats;
  /** Lets go of all keys, those of leases included. */
  close(): void;
}

export interface KeyRingStats {
  /** Keys that are ready and not yet in use. */
  readonly spare: number;
  readonly generated: number;
  /** Calls that waited for a key to be made: none while there were spare ones. */
  readonly waited: number;
}

/** A recipient key for one call. */
export interface RecipientLease {
  readonly document: Uint8Array;
  /** Whether the document was not made for this call, but a second or more before. */
  readonly reused: boolean;
  /**
   * Opens what KMS sealed to the key of this lease, in the thread pool. The envelope must come from
   * KMS itself, over TLS. Another key's envelope is not opened, though the ring may hold that key:
   * an answer to another call, or to an earlier one, is no answer to this.
   *
   * @throws {FormatError} ASN1_*, CMS_*
   * @throws {UnwrapError} UNWRAP_RECIPIENT, UNWRAP_FAILED, UNWRAP_KEY_GONE
   */
  open(envelope: Uint8Array): Promise<Secret>;
  /** Ends the lease; a second time is no error. A key that is for one call is gone with it. */
  release(): void;
}

/**
 * Makes the first key, so that no call waits for it, and goes on making spare ones.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export async function createKeyRing(options: KeyRingOptions): Promise<RecipientKeyRing> {
  checkOptions(options);
  const leased = new Set<KeyForCall>();
  let waited = 0;
  let closed = false;

  const pool = createKeyPool({
    spareKeys: options.spareKeys,
    generate: () => createRecipientKey(options.keyBits),
  });
  const shared = {
    pool,
    hold: (key: RecipientKey) => holdKey(key, options.maxFailedOpenings),
    attest: (spki: Uint8Array) => attest(options, spki),
    onWait() {
      waited += 1;
    },
  };
  const source =
    options.keys === 'per-call'
      ? createKeyPerCall(shared)
      : createKeyOfWindow({ ...options, ...shared });
  pool.giveBack(await pool.awaitNext());

  return {
    async lease({ fresh = false } = {}) {
      if (closed) throw ringClosed();
      const call = await source.keyForCall(fresh);
      if (closed) {
        call.key.letGo();
        throw ringClosed();
      }
      leased.add(call);
      return createLease(call, () => leased.delete(call));
    },
    get stats() {
      return { spare: pool.spare, generated: pool.generated, waited };
    },
    close() {
      closed = true;
      pool.close();
      source.close();
      for (const { key } of leased) key.letGo();
      leased.clear();
    },
  };
}

function createLease(call: KeyForCall, onRelease: () => void): RecipientLease {
  let held: KeyForCall | undefined = call;
  return {
    document: call.document,
    reused: call.reused,
    async open(envelope) {
      if (held === undefined) throw keyGone();
      return held.key.open(envelope);
    },
    release() {
      held?.release();
      held = undefined;
      onRelease();
    },
  };
}

async function attest(
  { nsm, metrics = silentMetrics }: KeyRingOptions,
  publicKey: Uint8Array,
): Promise<Uint8Array> {
  try {
    const document = await nsm.attest({ publicKey });
    metrics.document('recipient', 'ok');
    return document;
  } catch (error) {
    metrics.document('recipient', error instanceof BrokerError ? error.code : 'error');
    throw error;
  }
}

function checkOptions(options: KeyRingOptions): void {
  const { documentSeconds, rotationSeconds, spareKeys, maxFailedOpenings, keyBits } = options;
  if (!(documentSeconds > 0 && documentSeconds <= MAX_DOCUMENT_SECONDS)) {
    throw invalid('documentSeconds', `more than 0 and at most ${MAX_DOCUMENT_SECONDS}`);
  }
  if (!(rotationSeconds > 0 && rotationSeconds <= MAX_ROTATION_SECONDS)) {
    throw invalid('rotationSeconds', `more than 0 and at most ${MAX_ROTATION_SECONDS}`);
  }
  if (!(Number.isInteger(spareKeys) && spareKeys >= 1)) throw invalid('spareKeys', '1 or more');
  if (!(Number.isInteger(maxFailedOpenings) && maxFailedOpenings >= 1)) {
    throw invalid('maxFailedOpenings', '1 or more');
  }
  if (!KEY_BITS.includes(keyBits)) throw invalid('keyBits', KEY_BITS.join(', '));
}

function invalid(option: string, expected: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${option}: expected ${expected}`);
}
