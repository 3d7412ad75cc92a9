import { Encoder } from 'cbor-x/index-no-eval';
import { concatBytes } from '../encoding.ts';
import type { CborInput, CborKey } from './value.ts';

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });

const MAP_OF_INDEFINITE_LENGTH = 0xbf;
const BREAK = 0xff;

/**
 * Writes one item with definite lengths and shortest integers, map entries in their own order.
 *
 * @throws {RangeError} for a number that is not a safe integer: a programming error.
 */
export function encodeCbor(value: CborInput): Uint8Array {
  // A copy: cbor-x returns a view of a buffer that it goes on using.
  return new Uint8Array(encoder.encode(withExactIntegers(value)));
}

/**
 * Writes one byte string, as {@link encodeCbor} does and without its detour through an encoder.
 *
 * @throws {RangeError} for one of 64 KiB or more: a programming error.
 */
export function encodeByteString(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length > 0xffff) throw new RangeError(`a byte string of ${length} bytes`);
  if (length < 24) return concatBytes(Uint8Array.of(0x40 | length), bytes);
  if (length < 0x100) return concatBytes(Uint8Array.of(0x58, length), bytes);
  return concatBytes(Uint8Array.of(0x59, length >>> 8, length & 0xff), bytes);
}

/** Writes a map of indefinite length (`BF ... FF`), as the Nitro hardware does since August 2025. */
export function encodeIndefiniteMap(entries: Iterable<readonly [CborKey, CborInput]>): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(MAP_OF_INDEFINITE_LENGTH)];
  for (const [key, value] of entries) parts.push(encodeCbor(key), encodeCbor(value));
  parts.push(Uint8Array.of(BREAK));
  return concatBytes(...parts);
}

/** cbor-x writes a number beyond 32 bits as a float, but a bigint as the integer that it is. */
function withExactIntegers(value: CborInput): unknown {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    return value >= 2 ** 32 || value < -(2 ** 32) ? BigInt(value) : value;
  }
  if (isList(value)) return value.map(withExactIntegers);
  if (value instanceof Map) {
    return new Map(
      [...value].map(([key, item]) => [withExactIntegers(key), withExactIntegers(item)]),
    );
  }
  return value;
}

/** Array.isArray alone does not narrow a readonly array. */
function isList(value: CborInput): value is readonly CborInput[] {
  return Array.isArray(value);
}
