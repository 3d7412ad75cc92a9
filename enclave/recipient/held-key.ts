import { UnwrapError } from '../../shared/errors.ts';
import type { Secret } from '../../shared/secret.ts';
import type { RecipientKey } from './recipient-key.ts';

/** A key that is in use until it is let go of. */
export interface HeldKey {
  readonly gone: boolean;
  /**
   * As `EnvelopeOpener.open`, until as many envelopes did not open as are allowed. From then on, or
   * once the key is let go of, nothing about any envelope comes out, those in work included.
   *
   * @throws {UnwrapError} UNWRAP_KEY_GONE
   */
  open(envelope: Uint8Array): Promise<Secret>;
  /** Drops the one reference to the key: the collector frees it, and OpenSSL overwrites it then. */
  letGo(): void;
}

/**
 * Holds a key, and counts the envelopes that did not open.
 *
 * Each tells whoever sent it one thing about the private key's operation on a ciphertext of their
 * choice, which enough of make an oracle. Envelopes for other keys, or that are none, tell nothing.
 */
export function holdKey(key: RecipientKey, maxFailedOpenings: number): HeldKey {
  let held: RecipientKey | undefined = key;
  let failed = 0;
  return {
    get gone() {
      return held === undefined;
    },
    async open(envelope) {
      if (held === undefined) throw keyGone();
      try {
        const secret = await held.open(envelope);
        if (held !== undefined) return secret;
        secret.dispose();
      } catch (error) {
        if (held !== undefined) {
          if (error instanceof UnwrapError && error.code === 'UNWRAP_FAILED') failed += 1;
          if (failed >= maxFailedOpenings) held = undefined;
          throw error;
        }
      }
      throw keyGone();
    },
    letGo() {
      held = undefined;
    },
  };
}

export function keyGone(): UnwrapError {
  return new UnwrapError('UNWRAP_KEY_GONE', 'the recipient key is not held any more');
}
