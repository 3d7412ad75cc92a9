import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { deriveBlocks } from './blocks.ts';
import { hashFacts, type KdfHash } from './hash.ts';

export interface HkdfOptions {
  readonly hash: KdfHash;
  readonly secret: Secret;
  readonly salt?: Uint8Array | undefined;
  readonly info: Uint8Array;
  readonly lengthBytes: number;
}

/**
 * HKDF (RFC 5869), which SP 800-56C revision 2 section 5.1 counts as two-step key derivation:
 * extraction, then expansion in feedback mode.
 *
 *     PRK  = HMAC( salt, Z )
 *     T(i) = HMAC( PRK, T(i-1) || info || BE8(i) )
 *
 * Without a salt its place is taken by zeros, as many as the hash has bytes. By `createHmac`, which
 * takes half the time of `hkdfSync`.
 *
 * @throws {FormatError} KDF_ALGORITHM, KDF_LENGTH
 */
export function deriveHkdf(options: HkdfOptions): Secret {
  const { opensslName, hashBytes } = hashFacts(options.hash);
  const salt = options.salt ?? new Uint8Array(hashBytes);
  const prk = options.secret.reveal((z) => createHmac(opensslName, salt).update(z).digest());
  try {
    return deriveBlocks({
      lengthBytes: options.lengthBytes,
      blockBytes: hashBytes,
      block: (counter, previous) =>
        createHmac(opensslName, prk)
          .update(previous)
          .update(options.info)
          .update(counter.subarray(3))
          .digest(),
    });
  } finally {
    prk.fill(0);
  }
}
