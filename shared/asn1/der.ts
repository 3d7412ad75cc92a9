import { FormatError } from '../errors.ts';
import { type Asn1Node, CONSTRUCTED, MAX_DEPTH, universalTag } from './asn1-node.ts';
import { isOid, isPadded } from './read.ts';
import { NO_CHILDREN, SliceNode, TAG } from './slice-node.ts';

/**
 * Reads one DER value.
 *
 * Refuses everything that BER allows and DER does not: indefinite and non-minimal lengths, padded
 * integers and arcs, booleans other than 00 and FF, constructed strings, bytes after the value. The order
 * of a SET OF and encoded defaults are left to the reader of the structure. The result shares
 * memory with `bytes`.
 *
 * Not node-forge's reader, which takes BER, keeps no places and would have to be checked against
 * the input afterwards: that cost more code than this, and most of the time of a certificate.
 *
 * @throws {FormatError} ASN1_TOO_LARGE, ASN1_TOO_DEEP, ASN1_SYNTAX, ASN1_NOT_DER
 */
export function parseDer(bytes: Uint8Array, options: { readonly maxBytes: number }): Asn1Node {
  if (bytes.length > options.maxBytes) {
    throw new FormatError(
      'ASN1_TOO_LARGE',
      `expected at most ${options.maxBytes} bytes, got ${bytes.length}`,
    );
  }
  const root = readNode(bytes, 0, bytes.length, 0);
  if (root.end !== bytes.length) throw syntax('bytes follow the value');
  return root;
}

const NOT_UNIVERSAL = 0xc0;

/**
 * Reads the value at `start`: X.690 sections 8.1.2, 8.1.3 and 10.1.
 *
 * @param limit - where the value around this one ends.
 */
function readNode(bytes: Uint8Array, start: number, limit: number, depth: number): SliceNode {
  if (depth >= MAX_DEPTH) {
    throw new FormatError('ASN1_TOO_DEEP', `values are nested deeper than ${MAX_DEPTH}`);
  }
  if (start + 2 > limit) throw truncated();
  const identifier = bytes[start] as number;
  const first = bytes[start + 1] as number;
  const tag = identifier & TAG;
  // 31 announces a tag number of several bytes, which nothing here has; 0 is reserved.
  if (tag === TAG || identifier === 0) throw syntax(`tag number ${tag} is not supported`);
  const contentsStart = first < 0x80 ? start + 2 : start + 2 + (first & 0x7f);
  const length = first < 0x80 ? first : readLongLength(bytes, start + 2, contentsStart, limit);
  const end = contentsStart + length;
  if (end > limit) throw truncated();

  const constructed = (identifier & CONSTRUCTED) !== 0;
  if ((identifier & NOT_UNIVERSAL) === 0) {
    checkUniversal(tag, constructed, bytes, contentsStart, end);
  }
  const children = constructed ? readChildren(bytes, contentsStart, end, depth + 1) : NO_CHILDREN;
  return new SliceNode(bytes, start, contentsStart, end, children);
}

function readChildren(bytes: Uint8Array, start: number, end: number, depth: number): SliceNode[] {
  const children: SliceNode[] = [];
  for (let at = start; at < end; ) {
    const child = readNode(bytes, at, end, depth);
    children.push(child);
    at = child.end;
  }
  return children;
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
function checkUniversal(
  tag: number,
  constructed: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
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
