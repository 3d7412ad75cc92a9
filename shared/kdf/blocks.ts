import { encodeUint32 } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { Secret } from '../secret.ts';

/**
 * RFC 5869 section 2.3 gives HKDF so many. SP 800-56C and SP 800-108 would give theirs 2^32 - 1:
 * more than any key has, and hours of work for whoever may ask for it.
 */
const MAX_BLOCKS = 255;

export interface BlocksOptions {
  readonly lengthBytes: number;
  /** The length of what `block` answers. */
  readonly blockBytes: number;
  /**
   * One block, which is wiped after use.
   *
   * @param counter - 32 bits, big-endian, from 1.
   * @param previous - the block before; empty for the first.
   */
  readonly block: (counter: Uint8Array, previous: Uint8Array) => Uint8Array;
}

/**
 * The leftmost `lengthBytes` of block 1, block 2 and so on, which is how each derivation here makes
 * its output.
 *
 * @throws {FormatError} KDF_LENGTH unless 1 byte to 255 blocks are asked for.
 */
export function deriveBlocks({ lengthBytes, blockBytes, block }: BlocksOptions): Secret {
  const maxBytes = MAX_BLOCKS * blockBytes;
  if (!Number.isInteger(lengthBytes) || lengthBytes < 1 || lengthBytes > maxBytes) {
    throw new FormatError('KDF_LENGTH', `expected 1 to ${maxBytes} bytes, got ${lengthBytes}`);
  }
  const output = new Uint8Array(lengthBytes);
  try {
    for (let at = 0, counter = 1; at < lengthBytes; at += blockBytes, counter++) {
      const previous = output.subarray(Math.max(0, at - blockBytes), at);
      const bytes = block(encodeUint32(counter), previous);
      output.set(bytes.subarray(0, lengthBytes - at), at);
      bytes.fill(0);
    }
  } catch (error) {
    output.fill(0);
    throw error;
  }
  return new Secret(output);
}
