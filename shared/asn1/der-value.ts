import { FormatError } from '../errors.ts';
import { CONSTRUCTED, MAX_DEPTH, universalTag } from './asn1-node.ts';
import { isPadded } from './contents.ts';
import { isOid } from './oid.ts';
import { TAG } from './slice-node.ts';

const NOT_UNIVERSAL = 0xc0;

/** @throws {FormatError} ASN1_TOO_LARGE */
export function checkInputSize(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length > maxBytes) {
    throw new FormatError(
      'ASN1_TOO_LARGE',
      `expected at most ${maxBytes} bytes, got ${bytes.length}`,
    );
  }
}

/**
 * Where the contents of the value at `start` begin: X.690 section 8.1.2.
 *
 * @param limit - where the value around this one ends.
 * @param depth - how many values stand around this one.
 * @throws {FormatError} ASN1_TOO_DEEP, ASN1_SYNTAX
 */
export function contentsStartOf(
  bytes: Uint8Array,
  start: number,
  limit: number,
  depth: number,
): number {
  if (depth >= MAX_DEPTH) {
    throw new FormatError('ASN1_TOO_DEEP', `values are nested deeper than ${MAX_DEPTH}`);
  }
  if (start + 2 > limit) throw truncated();
  const identifier = bytes[start] as number;
  const tag = identifier & TAG;
  // 31 announces a tag number of several bytes, which nothing here has; 0 is reserved.
  if (tag === TAG || identifier === 0) throw syntax(`tag number ${tag} is not supported`);
  const first = bytes[start + 1] as number;
  return first < 0x80 ? start + 2 : start + 2 + (first & 0x7f);
}

/**
 * Where the value at `start` ends, whose contents begin at `contents`: X.690 sections 8.1.3 and
 * 10.1. Has looked at what DER says of the contents, not at the members of a constructed value.
 *
 * @throws {FormatError} ASN1_SYNTAX, ASN1_NOT_DER
 */
export function valueEndOf(
  bytes: Uint8Array,
  start: number,
  contents: number,
  limit: number,
): number {
  const first = bytes[start + 1] as number;
  const end = contents + (first < 0x80 ? first : readLongLength(bytes, start + 2, contents, limit));
  if (end > limit) throw truncated();
  const identifier = bytes[start] as number;
  if ((identifier & NOT_UNIVERSAL) === 0) checkUniversal(identifier, bytes, contents, end);
  return end;
}

/** A length in the bytes from `start` to `end`, which must be its shortest form. */
function readLongLength(bytes: Uint8Array, start: number, end: number, limit: number): number {
  const count = end - start;
  if (count === 0) throw notDer('a length is indefinite');
  // No input has a length of more than four bytes.
  if (count > 4) throw syntax('a length is longer than the input');
  if (end > limit) throw truncated();
  let length = 0;
  for (let at = start; at < end; at++) length = length * 0x100 + (bytes[at] as number);
  if (length < 0x80 || length < 0x100 ** (count - 1)) {
    throw notDer('a length is not in its shortest form');
  }
  return length;
}

/** What DER says of the universal types beyond BER, for the contents from `start` to `end`. */
function checkUniversal(identifier: number, bytes: Uint8Array, start: number, end: number): void {
  const tag = identifier & TAG;
  const constructed = (identifier & CONSTRUCTED) !== 0;
  if (constructed !== (tag === universalTag.SEQUENCE || tag === universalTag.SET)) {
    throw notDer(`universal type ${tag} is primitive where it must be constructed, or the reverse`);
  }
  switch (tag) {
    case universalTag.INTEGER:
    case universalTag.ENUMERATED:
      if (start === end || isPadded(bytes, start, end))
        throw notDer('an INTEGER is empty or padded');
      return;
    case universalTag['OBJECT IDENTIFIER']:
      if (!isOid(bytes, start, end)) throw notDer('an OBJECT IDENTIFIER is not one');
      return;
    case universalTag.BOOLEAN:
      if (end - start !== 1 || (bytes[start] !== 0x00 && bytes[start] !== 0xff)) {
        throw notDer('a BOOLEAN is neither 00 nor FF');
      }
      return;
    case universalTag.NULL:
      if (start !== end) throw notDer('a NULL has contents');
  }
}

function truncated(): FormatError {
  return syntax('the input ends inside a value');
}

function syntax(message: string): FormatError {
  return new FormatError('ASN1_SYNTAX', message);
}

function notDer(message: string): FormatError {
  return new FormatError('ASN1_NOT_DER', message);
}
