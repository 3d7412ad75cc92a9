import { FormatError } from '../errors.ts';
import type { CborKey, CborMap, CborValue } from './value.ts';

export interface CborLimits {
  /** Longest input that is looked at, in bytes. */
  readonly maxBytes: number;
  /** How many arrays and maps may stand inside each other. */
  readonly maxDepth: number;
  /**
   * `either` also takes an outermost map of indefinite length, which the Nitro hardware has written
   * since August 2025. No other indefinite length is ever accepted.
   */
  readonly outermostMap: 'definite' | 'either';
}

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;

const INDEFINITE = 31;
const BREAK = 0xff;
const FALSE = 20;
const TRUE = 21;
const NULL = 22;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Head {
  readonly major: number;
  readonly info: number;
  readonly argument: number;
}

/**
 * Reads exactly one data item.
 *
 * Refuses what RFC 8949 section 4.2.1 does not call deterministic in the points where decoders
 * disagree: lengths, integer forms, duplicate keys, UTF-8, trailing bytes. Key order is not checked,
 * since the hardware writes its keys in the order of a struct. Maps are Maps; byte strings are parts
 * of one copy of the input and outlive it.
 *
 * Not cbor-x's reader: it accepts all of that, so a walk over the same bytes had to come first, and
 * what the one had checked the other read again by its own rules.
 *
 * @throws {FormatError} CBOR_*
 */
export function parseCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  checkSize(bytes, limits);
  return readItem(new Uint8Array(bytes), limits);
}

/**
 * {@link parseCbor} for an input that is kept and changed by nobody: byte strings are parts of it.
 *
 * @throws {FormatError} CBOR_*
 */
export function parseCborInPlace(bytes: Uint8Array, limits: CborLimits): CborValue {
  checkSize(bytes, limits);
  return readItem(bytes, limits);
}

function checkSize(bytes: Uint8Array, { maxBytes }: CborLimits): void {
  if (bytes.length > maxBytes) {
    throw new FormatError(
      'CBOR_TOO_LARGE',
      `expected at most ${maxBytes} bytes of CBOR, got ${bytes.length}`,
    );
  }
}

function readItem(bytes: Uint8Array, limits: CborLimits): CborValue {
  const reader = new Reader(bytes, limits);
  const value = reader.item(0);
  if (reader.offset !== bytes.length) {
    throw new FormatError(
      'CBOR_TRAILING',
      `expected the item to end the input, got ${bytes.length - reader.offset} bytes after it`,
    );
  }
  return value;
}

class Reader {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #limits: CborLimits;

  constructor(bytes: Uint8Array, limits: CborLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  item(depth: number): CborValue {
    const start = this.offset;
    const { major, info, argument } = this.#head(depth);
    switch (major) {
      case UNSIGNED:
      case NEGATIVE:
        return this.#integer(major, argument, start);
      case BYTES:
        return this.#take(argument, start);
      case TEXT:
        return this.#text(argument, start);
      case ARRAY:
        this.#enter(depth, start);
        return this.#array(argument, depth);
      case MAP:
        this.#enter(depth, start);
        return this.#map(info === INDEFINITE ? undefined : argument, depth);
      case TAG:
        throw this.#error('CBOR_TAG', start);
      default:
        return this.#simple(info, start);
    }
  }

  /** Grows with what is there, never with what a length claims. */
  #array(items: number, depth: number): readonly CborValue[] {
    const array: CborValue[] = [];
    for (let i = 0; i < items; i++) array.push(this.item(depth + 1));
    return array;
  }

  #map(entries: number | undefined, depth: number): CborMap {
    const map = new Map<CborKey, CborValue>();
    for (let i = 0; entries === undefined ? !this.#break() : i < entries; i++) {
      const start = this.offset;
      const key = this.#key(depth);
      if (map.has(key)) throw this.#error('CBOR_DUPLICATE_KEY', start);
      map.set(key, this.item(depth + 1));
    }
    return map;
  }

  #key(depth: number): CborKey {
    const start = this.offset;
    const { major, argument } = this.#head(depth + 1);
    if (major === TEXT) return this.#text(argument, start);
    if (major !== UNSIGNED && major !== NEGATIVE) throw this.#error('CBOR_KEY', start);
    return this.#integer(major, argument, start);
  }

  #simple(info: number, start: number): boolean | null {
    if (info === FALSE) return false;
    if (info === TRUE) return true;
    if (info !== NULL) throw this.#error('CBOR_UNSUPPORTED', start);
    return null;
  }

  #integer(major: number, argument: number, start: number): number {
    const value = major === UNSIGNED ? argument : -1 - argument;
    if (!Number.isSafeInteger(value)) throw this.#error('CBOR_INTEGER_RANGE', start);
    return value;
  }

  #head(depth: number): Head {
    const start = this.offset;
    const initial = this.#bytes[start];
    if (initial === undefined) throw this.#error('CBOR_TRUNCATED', start);
    const major = initial >> 5;
    const info = initial & 0x1f;
    this.offset += 1;
    if (info < 24) return { major, info, argument: info };
    if (info === INDEFINITE) {
      const outermost = depth === 0 && major === MAP && this.#limits.outermostMap === 'either';
      if (!outermost) throw this.#error('CBOR_INDEFINITE', start);
      return { major, info, argument: 0 };
    }
    // Major type 7 with an argument is a float or an extended simple value: none is accepted.
    if (info > 27 || major === 7) throw this.#error('CBOR_UNSUPPORTED', start);
    return { major, info, argument: this.#argument(info, start) };
  }

  #argument(info: number, start: number): number {
    const width = 1 << (info - 24);
    if (this.#bytes.length - this.offset < width) throw this.#error('CBOR_TRUNCATED', start);
    const value = readUnsigned(this.#bytes, this.offset, width);
    this.offset += width;
    const smallest = width === 1 ? 24 : 2 ** (width * 4);
    if (value < smallest) throw this.#error('CBOR_NOT_SHORTEST', start);
    return value;
  }

  #text(length: number, start: number): string {
    const bytes = this.#take(length, start);
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      throw this.#error('CBOR_UTF8', start);
    }
    // For a decoder that drops a byte order mark, two keys could become one.
    if (text.startsWith('\ufeff')) throw this.#error('CBOR_UTF8', start);
    return text;
  }

  #take(length: number, start: number): Uint8Array {
    const end = this.offset + length;
    if (end > this.#bytes.length) throw this.#error('CBOR_TRUNCATED', start);
    const bytes = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return bytes;
  }

  #enter(depth: number, start: number): void {
    if (depth >= this.#limits.maxDepth) throw this.#error('CBOR_TOO_DEEP', start);
  }

  #break(): boolean {
    if (this.#bytes[this.offset] !== BREAK) return false;
    this.offset += 1;
    return true;
  }

  #error(code: keyof typeof PROBLEMS, at: number): FormatError {
    return new FormatError(code, `${PROBLEMS[code]}, at byte ${at}`, { details: { at } });
  }
}

const PROBLEMS = {
  CBOR_TRUNCATED: 'expected more bytes, the input ends inside an item',
  CBOR_TOO_DEEP: 'expected flatter data, arrays and maps are nested too deep',
  CBOR_INDEFINITE: 'expected a definite length, got an indefinite one or a stray break',
  CBOR_NOT_SHORTEST: 'expected the shortest form of an integer or length, got a longer one',
  CBOR_DUPLICATE_KEY: 'expected each key once, got one twice',
  CBOR_KEY: 'expected an integer or a text string as map key',
  CBOR_UTF8: 'expected UTF-8 without a byte order mark in a text string',
  CBOR_TAG: 'expected no tag',
  CBOR_INTEGER_RANGE: 'expected an integer within 2^53 - 1',
  CBOR_UNSUPPORTED: 'expected an integer, string, array, map, boolean or null',
} as const;

/** Exact up to 2^53, and beyond it beyond: enough for every comparison made with it. */
function readUnsigned(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 0x100 + (bytes[i] as number);
  return value;
}
