import type { ForgeNode } from 'node-forge/lib/asn1.js';
import { FormatError } from '../errors.ts';
import { type Asn1Node, noContents, universalTag } from './asn1-node.ts';
import { isPadded } from './read.ts';
import { checkIdentifier, readTree, tagClassOf } from './tree.ts';

/**
 * Reads one DER value.
 *
 * Refuses everything that BER allows and DER does not: indefinite and non-minimal lengths, padded
 * integers, booleans other than 00 and FF, constructed strings, bytes after the value. The order
 * of a SET OF and encoded defaults are left to the reader of the structure. The result shares
 * memory with `bytes`.
 *
 * @throws {FormatError} ASN1_TOO_LARGE, ASN1_TOO_DEEP, ASN1_SYNTAX, ASN1_NOT_DER
 */
export function parseDer(bytes: Uint8Array, options: { readonly maxBytes: number }): Asn1Node {
  const root = placeNode(readTree(bytes, options.maxBytes), bytes, bytes.length);
  if (root.start !== 0) throw notDer('a length is not in its shortest form');
  return root;
}

/** Cuts its bytes out of the input when they are asked for: most of a tree is only passed through. */
class PlacedNode implements Asn1Node {
  readonly tagClass: Asn1Node['tagClass'];
  readonly tag: number;
  readonly constructed: boolean;
  readonly children: readonly PlacedNode[];
  readonly start: number;
  readonly #bytes: Uint8Array;
  readonly #contentsStart: number;
  readonly #end: number;

  constructor(tree: ForgeNode, children: readonly PlacedNode[], place: Place) {
    this.tagClass = tagClassOf(tree);
    this.tag = tree.type;
    this.constructed = tree.constructed;
    this.children = children;
    this.start = place.start;
    this.#bytes = place.bytes;
    this.#contentsStart = place.contentsStart;
    this.#end = place.end;
  }

  get contents(): Uint8Array {
    return this.constructed ? noContents : this.#bytes.subarray(this.#contentsStart, this.#end);
  }

  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.start, this.#end);
  }
}

/** Where a node stands in the input. */
interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly contentsStart: number;
  readonly end: number;
}

/**
 * Finds a node of node-forge's tree in the input, given where it ends.
 *
 * node-forge accepts any BER length and keeps none. So the one DER header that the contents allow
 * is worked out, last value first, and must stand before them. If that holds for every node, and
 * the root's header is the input's first byte, then the input is the DER encoding of the tree.
 */
function placeNode(tree: ForgeNode, bytes: Uint8Array, end: number): PlacedNode {
  checkIdentifier(tree);
  const children: PlacedNode[] = [];
  let contentsStart = end;
  if (typeof tree.value === 'string') {
    contentsStart -= tree.value.length;
  } else {
    for (let index = tree.value.length - 1; index >= 0; index--) {
      const child = placeNode(tree.value[index] as ForgeNode, bytes, contentsStart);
      contentsStart = child.start;
      children.push(child);
    }
    children.reverse();
  }
  const start = headerStart(tree, bytes, contentsStart, end - contentsStart);
  const node = new PlacedNode(tree, children, { bytes, start, contentsStart, end });
  if (tree.tagClass === 0) checkUniversal(node);
  return node;
}

/** X.690 sections 8.1.2, 8.1.3 and 10.1: the shortest length, read from its last byte to its first. */
function headerStart(tree: ForgeNode, bytes: Uint8Array, end: number, length: number): number {
  let at = end;
  let matches = true;
  if (length < 0x80) {
    matches = bytes[--at] === length;
  } else {
    let count = 0;
    for (let rest = length; rest > 0; rest >>>= 8) {
      at -= 1;
      count += 1;
      if (bytes[at] !== (rest & 0xff)) matches = false;
    }
    if (bytes[--at] !== (0x80 | count)) matches = false;
  }
  const identifier = tree.tagClass | (tree.constructed ? 0x20 : 0) | tree.type;
  if (bytes[--at] !== identifier) matches = false;
  if (!matches) throw notDer('a length is not in its shortest form');
  return at;
}

function checkUniversal(node: PlacedNode): void {
  const { tag: type } = node;
  if (node.constructed !== (type === universalTag.SEQUENCE || type === universalTag.SET)) {
    throw notDer(
      `universal type ${type} is primitive where it must be constructed, or the reverse`,
    );
  }
  if (type === universalTag.INTEGER || type === universalTag.ENUMERATED) {
    const { contents } = node;
    if (contents.length === 0 || isPadded(contents)) throw notDer('an INTEGER is empty or padded');
  }
  if (type === universalTag.BOOLEAN) {
    const { contents } = node;
    const [value] = contents;
    if (contents.length !== 1 || (value !== 0x00 && value !== 0xff)) {
      throw notDer('a BOOLEAN is neither 00 nor FF');
    }
  }
  if (type === universalTag.NULL && node.contents.length !== 0) throw notDer('a NULL has contents');
}

function notDer(message: string): FormatError {
  return new FormatError('ASN1_NOT_DER', message);
}
