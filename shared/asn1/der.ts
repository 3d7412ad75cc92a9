import { FormatError } from '../errors.ts';
import { type Asn1Node, MAX_DEPTH, noContents, tagClassOf, universalTag } from './asn1-node.ts';
import { isPadded } from './read.ts';

/**
 * Reads one DER value.
 *
 * Refuses everything that BER allows and DER does not: indefinite and non-minimal lengths, padded
 * integers, booleans other than 00 and FF, constructed strings, bytes after the value. The order
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
  readonly tagClass: Asn1Node['tagClass'];
  readonly tag: number;
  readonly constructed: boolean;
  readonly children: readonly DerNode[];
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #contentsStart: number;

  constructor(bytes: Uint8Array, header: Header, children: readonly DerNode[]) {
    const identifier = bytes[header.start] as number;
    this.tagClass = tagClassOf(identifier);
    this.tag = identifier & 0x1f;
    this.constructed = (identifier & CONSTRUCTED) !== 0;
    this.children = children;
    this.end = header.end;
    this.#bytes = bytes;
    this.#start = header.start;
    this.#contentsStart = header.contentsStart;
  }

  get contents(): Uint8Array {
    return this.constructed ? noContents : this.#bytes.subarray(this.#contentsStart, this.end);
  }

  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end);
  }
}

/** Where a value, and the contents in it, stand in the input. */
interface Header {
  readonly start: number;
  readonly contentsStart: number;
  readonly end: number;
}

const CONSTRUCTED = 0x20;
const NO_CHILDREN: readonly DerNode[] = [];

/** @param limit - where the value around this one ends. */
function readNode(bytes: Uint8Array, start: number, limit: number, depth: number): DerNode {
  if (depth >= MAX_DEPTH) {
    throw new FormatError('ASN1_TOO_DEEP', `values are nested deeper than ${MAX_DEPTH}`);
  }
  const header = readHeader(bytes, start, limit);
  const constructed = ((bytes[start] as number) & CONSTRUCTED) !== 0;
  const node = new DerNode(
    bytes,
    header,
    constructed ? readChildren(bytes, header, depth) : NO_CHILDREN,
  );
  if (node.tagClass === 'universal') checkUniversal(node);
  return node;
}

function readChildren(bytes: Uint8Array, { contentsStart, end }: Header, depth: number): DerNode[] {
  const children: DerNode[] = [];
  for (let at = contentsStart; at < end; ) {
    const child = readNode(bytes, at, end, depth + 1);
    children.push(child);
    at = child.end;
  }
  return children;
}

/** X.690 sections 8.1.2, 8.1.3 and 10.1. */
function readHeader(bytes: Uint8Array, start: number, limit: number): Header {
  const identifier = bytes[start];
  const first = bytes[start + 1];
  if (identifier === undefined || first === undefined || start + 2 > limit) throw truncated();
  const tag = identifier & 0x1f;
  // 31 announces a tag number of several bytes, which nothing here has; 0 is reserved.
  if (tag === 0x1f || identifier === 0) throw syntax(`tag number ${tag} is not supported`);
  if (first < 0x80) return place(start, start + 2, first, limit);

  const count = first & 0x7f;
  if (count === 0) throw notDer('a length is indefinite');
  // No input has a length of more than four bytes.
  if (count > 4) throw syntax('a length is longer than the input');
  const contentsStart = start + 2 + count;
  if (contentsStart > limit) throw truncated();
  let length = 0;
  for (let at = start + 2; at < contentsStart; at++)
    length = length * 0x100 + (bytes[at] as number);
  if (length < 0x80 || length < 0x100 ** (count - 1)) {
    throw notDer('a length is not in its shortest form');
  }
  return place(start, contentsStart, length, limit);
}

function place(start: number, contentsStart: number, length: number, limit: number): Header {
  const end = contentsStart + length;
  if (end > limit) throw truncated();
  return { start, contentsStart, end };
}

function checkUniversal(node: DerNode): void {
  const { tag } = node;
  if (node.constructed !== (tag === universalTag.SEQUENCE || tag === universalTag.SET)) {
    throw notDer(`universal type ${tag} is primitive where it must be constructed, or the reverse`);
  }
  if (tag === universalTag.INTEGER || tag === universalTag.ENUMERATED) {
    const { contents } = node;
    if (contents.length === 0 || isPadded(contents)) throw notDer('an INTEGER is empty or padded');
  }
  if (tag === universalTag.BOOLEAN) {
    const { contents } = node;
    const [value] = contents;
    if (contents.length !== 1 || (value !== 0x00 && value !== 0xff)) {
      throw notDer('a BOOLEAN is neither 00 nor FF');
    }
  }
  if (tag === universalTag.NULL && node.contents.length !== 0) throw notDer('a NULL has contents');
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
