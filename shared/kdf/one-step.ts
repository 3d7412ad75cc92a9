import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { deriveBlocks } from './blocks.ts';
import { hashFacts, type KdfHash } from './hash.ts';

export interface OneStepOptions {
  readonly hash: KdfHash;
  readonly secret: Secret;
  readonly fixedInfo: Uint8Array;
  readonly lengthBytes: number;
}

/**
 * One-step key derivation with a hash: SP 800-56C revision 2 section 4.1, option 1.
 *
 *     T(i) = H( BE32(i) || Z || FixedInfo )
 *
 * Also the Concat KDF of JOSE (RFC 7518 section 4.6.2). Not the KDF of X9.63, whose counter comes
 * after Z.
 *
 * @throws {FormatError} KDF_ALGORITHM, KDF_LENGTH
 */
export function deriveOneStep(options: OneStepOptions): Secret {
  const { opensslName, hashBytes } = hashFacts(options.hash);
  return options.secret.reveal((z) =>
    deriveBlocks({
      lengthBytes: options.lengthBytes,
      blockBytes: hashBytes,
      block: (counter) =>
        createHash(opensslName).update(counter).update(z).update(options.fixedInfo).digest(),
    }),
  );
}

/**
 * One-step key derivation with HMAC: SP 800-56C revision 2 section 4.1, option 2.
 *
 *     T(i) = HMAC( salt, BE32(i) || Z || FixedInfo )
 *
 * Without a salt the key is the standard's default: a block of the hash, all zeros.
 *
 * @throws {FormatError} KDF_ALGORITHM, KDF_LENGTH
 */
export function deriveOneStepHmac(
  options: OneStepOptions & { readonly salt?: Uint8Array | undefined },
): Secret {
  const { opensslName, hashBytes, blockBytes } = hashFacts(options.hash);
  const salt = options.salt ?? new Uint8Array(blockBytes);
  return options.secret.reveal((z) =>
    deriveBlocks({
      lengthBytes: options.lengthBytes,
      blockBytes: hashBytes,
      block: (counter) =>
        createHmac(opensslName, salt).update(counter).update(z).update(options.fixedInfo).digest(),
    }),
  );
}
