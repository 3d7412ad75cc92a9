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
 * Refuses what parseDer refuses, wherever it stands: a constructed value is entered, and can be left
 * at its end only, and until then nothing behind it can be read; what is of no interest is passed
 * over, which looks at all of it. Makes no tree, which took most of the time of a certificate. What
 * it answers shares memory with the input.
 *
 * Every `name` is the field's own in its specification, for the message. Reading throws ASN1_TOO_DEEP,
 * ASN1_SYNTAX, ASN1_NOT_DER, and ASN1_UNEXPECTED if the next value is another or is missing.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The end of the innermost value that was entered and not left. */
  #limit: number;
  #depth = 0;
  /** Where the contents begin of the value read last, which ends where the next one begins. */
  #contents = 0;

  /** @throws {FormatError} ASN1_TOO_LARGE */
  constructor(bytes: Uint8Array, options: { readonly maxBytes: number }) {
    checkInputSize(bytes, options.maxBytes);
    this.#bytes = bytes;
    this.#limit = bytes.length;
  }

  /** Where the next value begins, for {@link since}. */
  get position(): number {
    return this.#at;
  }

  /** What was read since then. */
  since(position: number): Uint8Array {
    return this.#bytes.subarray(position, this.#at);
  }

  /** Whether another value follows before the end of the one that was entered. */
  get more(): boolean {
    return this.#at < this.#limit;
  }

  /** Whether a primitive value of this universal type follows. */
  nextIs(tag: number): boolean {
    return this.more && this.#bytes[this.#at] === tag;
  }

  /** Enters a SEQUENCE. The answer is for {@link leave}: where the value around it ends. */
  enterSequence(name: string): number {
    return this.#enter(SEQUENCE, name);
  }

  /** Enters a SET. */
  enterSet(name: string): number {
    return this.#enter(SET, name);
  }

  /** Enters `[tag] EXPLICIT`. */
  enterExplicit(tag: number, name: string): number {
    return this.#enter(contextIdentifier(tag, 'constructed'), name);
  }

  /** Enters the DER inside an OCTET STRING. */
  enterOctetString(name: string): number {
    return this.#enter(universalTag['OCTET STRING'], name);
  }

  /**
   * Leaves the value that was entered last.
   *
   * @param entered - what entering it answered.
   * @throws {FormatError} ASN1_UNEXPECTED unless it was read to its end.
   */
  leave(entered: number, name: string): void {
    this.finish(name);
    this.#limit = entered;
    this.#depth--;
  }

  /** @throws {FormatError} ASN1_UNEXPECTED if another value follows. */
  finish(name: string): void {
    if (this.more) throw unexpected(name, 'no more values');
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
      this.#read();
      return utcTimeOf(this.#bytes, this.#contents, this.#at, name);
    }
    this.#expect(universalTag.GeneralizedTime, name);
    return generalizedTimeOf(this.#bytes, this.#contents, this.#at, name);
  }

  /** Passes over a primitive value of this universal type. */
  pass(tag: number, name: string): void {
    this.#expect(tag, name);
  }

  /** Passes over a value of any type, all of which is checked. */
  passAny(name: string): void {
    if (!this.more) throw unexpected(name, 'a value');
    const identifier = this.#bytes[this.#at] as number;
    this.#read();
    if ((identifier & CONSTRUCTED) === 0) return;
    checkMembers(this.#bytes, this.#contents, this.#at, this.#depth + 1);
  }

  #enter(identifier: number, name: string): number {
    const outer = this.#limit;
    this.#expect(identifier, name);
    this.#limit = this.#at;
    this.#at = this.#contents;
    this.#depth++;
    return outer;
  }

  #expect(identifier: number, name: string): void {
    if (!this.nextIs(identifier)) throw unexpected(name, `identifier ${identifier}`);
    this.#read();
  }

  #read(): void {
    const start = this.#at;
    this.#contents = contentsStartOf(this.#bytes, start, this.#limit, this.#depth);
    this.#at = valueEndOf(this.#bytes, start, this.#contents, this.#limit);
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
