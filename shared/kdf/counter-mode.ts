import { createHmac } from 'node:crypto';
import { encodeUint32 } from '../encoding.ts';
import type { Secret } from '../secret.ts';
import { deriveBlocks } from './blocks.ts';
import { hashFacts, type KdfHash } from './hash.ts';

export interface CounterModeOptions {
  readonly hash: KdfHash;
  /** K_IN: the key, which must be uniform unless the protocol that fixes this derivation says so. */
  readonly secret: Secret;
  readonly label: Uint8Array;
  readonly context: Uint8Array;
  readonly lengthBytes: number;
}

/**
 * Key derivation in counter mode with HMAC: SP 800-108 revision 1 section 4.1.
 *
 *     K(i) = HMAC( K_IN, BE32(i) || Label || 00 || Context || BE32(L) )
 *
 * L is the length of the output in bits. A label that holds a zero byte runs into the context: what
 * keeps the two apart is up to the protocol.
 *
 * @throws {FormatError} KDF_ALGORITHM, KDF_LENGTH
 */
export function deriveCounterMode(options: CounterModeOptions): Secret {
  const { opensslName, hashBytes } = hashFacts(options.hash);
  return options.secret.reveal((key) =>
    deriveBlocks({
      lengthBytes: options.lengthBytes,
      blockBytes: hashBytes,
      block: (counter) =>
        createHmac(opensslName, key)
          .update(counter)
          .update(options.label)
          .update(SEPARATOR)
          .update(options.context)
          .update(encodeUint32(8 * options.lengthBytes))
          .digest(),
    }),
  );
}

const SEPARATOR = new Uint8Array(1);
