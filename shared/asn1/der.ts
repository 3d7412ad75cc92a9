import { FormatError } from '../errors.ts';
import {
  type Asn1Node,
  CONSTRUCTED,
  MAX_DEPTH,
  noContents,
  tagClassOf,
  universalTag,
} from './asn1-node.ts';
import { isOid, isPadded } from './read.ts';

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

/** Cuts its bytes out of the input when they are asked for: most of a tree is only passed through. */
class DerNode implements Asn1Node {
  readonly identifier: number;
  readonly children: readonly DerNode[];
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #contentsStart: number;

  constructor(
    bytes: Uint8Array,
    start: number,
    contentsStart: number,
    end: number,
    children: readonly DerNode[],
  ) {
    this.identifier = bytes[start] as number;
    this.children = children;
    this.end = end;
    this.#bytes = bytes;
    this.#start = start;
    this.#contentsStart = contentsStart;
  }

  get tagClass(): Asn1Node['tagClass'] {
    return tagClassOf(this.identifier);
  }

  get tag(): number {
    return this.identifier & TAG;
  }

  get constructed(): boolean {
    return (this.identifier & CONSTRUCTED) !== 0;
  }

  get contents(): Uint8Array {
    return this.constructed ? noContents : this.#bytes.subarray(this.#contentsStart, this.end);
  }

  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end);
  }
}

const TAG = 0x1f;
const NOT_UNIVERSAL = 0xc0;
const NO_CHILDREN: readonly DerNode[] = [];

/**
 * Reads the value at `start`: X.690 sections 8.1.2, 8.1.3 and 10.1.
 *
 * @param limit - where the value around this one ends.
 */
function readNode(bytes: Uint8Array, start: number, limit: number, depth: number): DerNode {
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
  return new DerNode(bytes, start, contentsStart, end, children);
}

function readChildren(bytes: Uint8Array, start: number, end: number, depth: number): DerNode[] {
  const children: DerNode[] = [];
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
