import { encodeHex } from '../shared/encoding.ts';

/** A source of cryptographically secure random bytes, handed in. The caller owns the array. */
export type RandomBytes = (length: number) => Uint8Array;

/** A random UUID, RFC 9562 section 5.4. */
export function createUuid(randomBytes: RandomBytes): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = encodeHex(bytes);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

const POOL_BYTES = 4096;
const MAX_POOLED_BYTES = 64;

/**
 * A source that takes small numbers of bytes from a supply: asking OpenSSL costs more than the bytes.
 *
 * What it has handed out is no longer in the supply.
 */
export function createRandomPool(source: RandomBytes): RandomBytes {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > MAX_POOLED_BYTES) return source(length);
    if (used + length > pool.length) {
      pool = source(POOL_BYTES);
      used = 0;
    }
    const supply = pool.subarray(used, used + length);
    used += length;
    const bytes = new Uint8Array(supply);
    supply.fill(0);
    return bytes;
  };
}
