import type { ForgeNode } from 'node-forge/lib/asn1.js';
import { FormatError } from '../errors.ts';
import { type Asn1Node, noContents, universalTag } from './node.ts';
import { isPadded } from './read.ts';
import { checkIdentifier, readTree, tagClassOf } from './tree.ts';
import { encodeHeader } from './write.ts';

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
  if (root.encoded.length !== bytes.length) throw notDer('a length is not in its shortest form');
  return root;
}

/**
 * Finds a node of node-forge's tree in the input, given where it ends.
 *
 * node-forge accepts any BER length and keeps none. So the one DER header that the contents allow
 * is worked out, last value first, and must stand before them. If that holds for every node, and
 * the root's header is the input's first byte, then the input is the DER encoding of the tree.
 */
function placeNode(tree: ForgeNode, bytes: Uint8Array, end: number): Asn1Node {
  checkIdentifier(tree);
  const children: Asn1Node[] = [];
  let contentsStart = end;
  if (typeof tree.value === 'string') {
    contentsStart -= tree.value.length;
  } else {
    for (let index = tree.value.length - 1; index >= 0; index--) {
      const child = placeNode(tree.value[index] as ForgeNode, bytes, contentsStart);
      contentsStart -= child.encoded.length;
      children.push(child);
    }
    children.reverse();
  }
  const start = headerStart(tree, bytes, contentsStart, end - contentsStart);
  const contents = tree.constructed ? noContents : bytes.subarray(contentsStart, end);
  if (tree.tagClass === 0) checkUniversal(tree, contents);
  return {
    tagClass: tagClassOf(tree),
    tag: tree.type,
    constructed: tree.constructed,
    contents,
    children,
    encoded: bytes.subarray(start, end),
  };
}

function headerStart(tree: ForgeNode, bytes: Uint8Array, end: number, length: number): number {
  const id = tree.tagClass | (tree.constructed ? 0x20 : 0) | tree.type;
  const header = encodeHeader(id, length);
  const start = end - header.length;
  if (!header.every((byte, index) => bytes[start + index] === byte)) {
    throw notDer('a length is not in its shortest form');
  }
  return start;
}

function checkUniversal(tree: ForgeNode, contents: Uint8Array): void {
  const { type } = tree;
  if (tree.constructed !== (type === universalTag.SEQUENCE || type === universalTag.SET)) {
    throw notDer(
      `universal type ${type} is primitive where it must be constructed, or the reverse`,
    );
  }
  if (type === universalTag.INTEGER || type === universalTag.ENUMERATED) {
    if (contents.length === 0 || isPadded(contents)) throw notDer('an INTEGER is empty or padded');
  }
  if (type === universalTag.BOOLEAN) {
    const [value] = contents;
    if (contents.length !== 1 || (value !== 0x00 && value !== 0xff)) {
      throw notDer('a BOOLEAN is neither 00 nor FF');
    }
  }
  if (type === universalTag.NULL && contents.length !== 0) throw notDer('a NULL has contents');
}

function notDer(message: string): FormatError {
  return new FormatError('ASN1_NOT_DER', message);
}
