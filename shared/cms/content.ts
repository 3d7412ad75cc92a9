import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { copySecretBytes } from '../secret.ts';
import { BLOCK_BYTES } from './layout.ts';

/** AES-256-CBC with PKCS #7 padding (RFC 5652 section 6.3). */
export function encryptContent(
  plaintext: Uint8Array,
  contentKey: Uint8Array,
  iv: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', contentKey, iv);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/**
 * Reverses {@link encryptContent} on whole, non-empty blocks. The caller wipes the plaintext.
 *
 * CBC does not authenticate: changed ciphertext may well open, to other bytes.
 *
 * @returns undefined if the padding is wrong.
 */
export function decryptContent(
  ciphertext: Uint8Array,
  contentKey: Uint8Array,
  iv: Uint8Array,
): Uint8Array | undefined {
  // OpenSSL's own unpadding would fail on its own path, so it is switched off.
  const decipher = createDecipheriv('aes-256-cbc', contentKey, iv).setAutoPadding(false);
  const padded = decipher.update(ciphertext);
  try {
    decipher.final();
    const { count, wrong } = readPadding(padded.subarray(-BLOCK_BYTES));
    return wrong === 0 ? copySecretBytes(padded.subarray(0, padded.length - count)) : undefined;
  } finally {
    padded.fill(0);
  }
}

/**
 * PKCS #7 padding of the last block: `count` bytes of that value. `wrong` is zero if it holds.
 *
 * Every byte is looked at, whatever the others are, so that the time does not tell which is wrong.
 */
function readPadding(block: Uint8Array): { count: number; wrong: number } {
  const count = block[BLOCK_BYTES - 1] as number;
  // Zero only for a count of 1 to 16.
  let wrong = (count - 1) >>> 4;
  block.forEach((byte, index) => {
    const fromEnd = BLOCK_BYTES - index;
    // All ones where the byte belongs to the padding, else zero.
    const mask = (fromEnd - count - 1) >> 31;
    wrong |= mask & (byte ^ count);
  });
  return { count, wrong };
}
