import { Buffer } from 'node:buffer';

/** A source of cryptographically secure random bytes, handed in. The caller owns the array. */
export type RandomBytes = (length: number) => Uint8Array;

/** A random UUID, RFC 9562 section 5.4. */
export function createUuid(randomBytes: RandomBytes): string {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
