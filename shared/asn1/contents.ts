import { FormatError } from '../errors.ts';

// A value's contents stand from `start` to `end` in the bytes that these functions are given.

/** Whether the first nine bits of an INTEGER are all zero or all one: X.690 section 8.3.2 forbids it. */
export function isPadded(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const first = bytes[start];
  const second = bytes[start + 1] as number;
  return (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80);
}

/**
 * A non-negative INTEGER as big-endian bytes without a sign byte; zero is one byte.
 *
 * @throws {FormatError} ASN1_SYNTAX
 */
export function integerBytesOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
): Uint8Array {
  if (start === end || (bytes[start] as number) >= 0x80 || isPadded(bytes, start, end)) {
    throw malformed(name);
  }
  const signed = bytes[start] === 0 && end - start > 1;
  return bytes.subarray(signed ? start + 1 : start, end);
}

/**
 * A non-negative INTEGER of at most 32 bits.
 *
 * @throws {FormatError} ASN1_SYNTAX
 */
export function integerOf(bytes: Uint8Array, start: number, end: number, name: string): number {
  const magnitude = integerBytesOf(bytes, start, end, name);
  if (magnitude.length > 4) throw malformed(name);
  let value = 0;
  for (const byte of magnitude) value = value * 0x100 + byte;
  return value;
}

export interface BitString {
  readonly unusedBits: number;
  readonly bytes: Uint8Array;
}

/**
 * A BIT STRING in its primitive form, unused bits zero.
 *
 * @throws {FormatError} ASN1_SYNTAX
 */
export function bitStringOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
): BitString {
  if (start === end) throw malformed(name);
  const unusedBits = bytes[start] as number;
  const last = end - start > 1 ? (bytes[end - 1] as number) : undefined;
  if (unusedBits > 7 || (last === undefined && unusedBits !== 0)) throw malformed(name);
  if (((last ?? 0) & ((1 << unusedBits) - 1)) !== 0) throw malformed(name);
  return { unusedBits, bytes: bytes.subarray(start + 1, end) };
}

export function malformed(name: string): FormatError {
  return new FormatError('ASN1_SYNTAX', `${name}: the contents do not fit the type`);
}
