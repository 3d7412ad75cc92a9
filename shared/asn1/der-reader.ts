import { FormatError } from '../errors.ts';
import { CONSTRUCTED, universalTag } from './asn1-node.ts';
import { type BitString, bitStringOf, integerBytesOf, integerOf } from './contents.ts';
import { checkInputSize, contentsStartOf, valueEndOf } from './der-value.ts';
import { dottedOf } from './oid.ts';
import { generalizedTimeOf, utcTimeOf } from './time.ts';
import { contextIdentifier } from './write.ts';

const SEQUENCE = universalTag.SEQUENCE | CONSTRUCTED;
const SET = universalTag.SET | CONSTRUCTED;

/**
 * Reads DER in place, value by value, for a structure of which every member is known.
 *
 * Refuses what parseDer refuses, wherever it stands, provided that every reader is read to its end
 * ({@link finish}): a member that is of no interest is passed over ({@link skip}), which looks at
 * all of it. Makes no tree, which took most of the time of a certificate. What it answers shares
 * memory with the input.
 *
 * Every `name` is the field's own in its specification, for the message. Reading throws ASN1_TOO_DEEP,
 * ASN1_SYNTAX, ASN1_NOT_DER, and ASN1_UNEXPECTED if the next value is another or is missing.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** How many values stand around those that are read. */
  readonly #depth: number;
  #at: number;
  /** Of the value last read, which ends where the next one begins. */
  #start: number;
  #contents: number;

  private constructor(bytes: Uint8Array, start: number, end: number, depth: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#depth = depth;
    this.#at = start;
    this.#start = start;
    this.#contents = start;
  }

  /** @throws {FormatError} ASN1_TOO_LARGE */
  static over(bytes: Uint8Array, options: { readonly maxBytes: number }): DerReader {
    checkInputSize(bytes, options.maxBytes);
    return new DerReader(bytes, 0, bytes.length, 0);
  }

  /** Whether another value follows. */
  get more(): boolean {
    return this.#at < this.#end;
  }

  /** Whether a primitive value of this universal type follows. */
  nextIs(tag: number): boolean {
    return this.more && this.#bytes[this.#at] === tag;
  }

  /** The whole value that was read last, identifier and length included. */
  get lastEncoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#at);
  }

  /** @throws {FormatError} ASN1_UNEXPECTED if another value follows. */
  finish(name: string): void {
    if (this.more) throw unexpected(name, `no value of identifier ${this.#bytes[this.#at]}`);
  }

  /** The members of a SEQUENCE, which must be read to their end. */
  sequence(name: string): DerReader {
    return this.#enter(SEQUENCE, name);
  }

  /** The members of a SET, which must be read to their end. */
  set(name: string): DerReader {
    return this.#enter(SET, name);
  }

  /** The value inside `[tag] EXPLICIT`, which must be read to its end. */
  explicit(tag: number, name: string): DerReader {
    return this.#enter(contextIdentifier(tag, 'constructed'), name);
  }

  /** The DER inside an OCTET STRING, which must be read to its end if it is read. */
  octetString(name: string): DerReader {
    return this.#enter(universalTag['OCTET STRING'], name);
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  oid(name: string): string {
    this.#expect(universalTag['OBJECT IDENTIFIER'], name);
    return dottedOf(this.#bytes, this.#contents, this.#at);
  }

  /** A non-negative INTEGER of at most 32 bits. */
  integer(name: string): number {
    this.#expect(universalTag.INTEGER, name);
    return integerOf(this.#bytes, this.#contents, this.#at, name);
  }

  /** A non-negative INTEGER as big-endian bytes without a sign byte; zero is one byte. */
  integerBytes(name: string): Uint8Array {
    this.#expect(universalTag.INTEGER, name);
    return integerBytesOf(this.#bytes, this.#contents, this.#at, name);
  }

  boolean(name: string): boolean {
    this.#expect(universalTag.BOOLEAN, name);
    return this.#bytes[this.#contents] !== 0;
  }

  /** A BIT STRING, its unused bits zero. */
  bitString(name: string): BitString {
    this.#expect(universalTag['BIT STRING'], name);
    return bitStringOf(this.#bytes, this.#contents, this.#at, name);
  }

  /** A Time of RFC 5280 section 4.1.2.5, as milliseconds since the Unix epoch. */
  time(name: string): number {
    if (this.nextIs(universalTag.UTCTime)) {
      this.#pass();
      return utcTimeOf(this.#bytes, this.#contents, this.#at, name);
    }
    this.#expect(universalTag.GeneralizedTime, name);
    return generalizedTimeOf(this.#bytes, this.#contents, this.#at, name);
  }

  /** Passes over an OBJECT IDENTIFIER. */
  skipOid(name: string): void {
    this.#expect(universalTag['OBJECT IDENTIFIER'], name);
  }

  /** Passes over a value of any type, all of which is checked. */
  skip(name: string): void {
    if (!this.more) throw unexpected(name, 'a value');
    this.#pass();
    if (((this.#bytes[this.#start] as number) & CONSTRUCTED) === 0) return;
    checkMembers(this.#bytes, this.#contents, this.#at, this.#depth + 1);
  }

  #enter(identifier: number, name: string): DerReader {
    this.#expect(identifier, name);
    return new DerReader(this.#bytes, this.#contents, this.#at, this.#depth + 1);
  }

  #expect(identifier: number, name: string): void {
    if (!this.nextIs(identifier)) throw unexpected(name, `identifier ${identifier}`);
    this.#pass();
  }

  #pass(): void {
    this.#start = this.#at;
    this.#contents = contentsStartOf(this.#bytes, this.#start, this.#end, this.#depth);
    this.#at = valueEndOf(this.#bytes, this.#start, this.#contents, this.#end);
  }
}

function checkMembers(bytes: Uint8Array, start: number, end: number, depth: number): void {
  for (let at = start; at < end; ) {
    const contents = contentsStartOf(bytes, at, end, depth);
    const next = valueEndOf(bytes, at, contents, end);
    if ((bytes[at] as number) & CONSTRUCTED) checkMembers(bytes, contents, next, depth + 1);
    at = next;
  }
}

function unexpected(name: string, wanted: string): FormatError {
  return new FormatError('ASN1_UNEXPECTED', `${name}: expected ${wanted}`);
}
