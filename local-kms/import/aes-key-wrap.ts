import { Buffer } from 'node:buffer';
import { createDecipheriv } from 'node:crypto';
import { Secret } from '../../shared/secret.ts';

/** RFC 5649 section 3, the constant half of the alternative initial value. */
const INITIAL_VALUE = Buffer.from([0xa6, 0x59, 0x59, 0xa6]);

/** A semiblock of key behind the integrity check: RFC 5649 section 4.1. */
const MIN_WRAPPED_BYTES = 16;

/**
 * Unwraps by AES Key Wrap with Padding (RFC 5649, SP 800-38F KWP) under AES-256.
 *
 * @param kek - 32 bytes.
 * @returns undefined if the integrity check fails, whatever the reason.
 */
export function unwrapWithPadding(kek: Uint8Array, wrapped: Uint8Array): Secret | undefined {
  if (wrapped.length < MIN_WRAPPED_BYTES) return undefined;
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', kek, INITIAL_VALUE);
    // OpenSSL answers with all of it at once, or throws.
    return new Secret(decipher.update(wrapped));
  } catch {
    return undefined;
  }
}
