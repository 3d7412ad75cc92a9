import type { ForgeNode } from 'node-forge/lib/asn1.js';
import { type BerNode, CONSTRUCTED, noContents, tagClassOf } from './asn1-node.ts';
import { checkIdentifier, readTree } from './tree.ts';

/**
 * Reads one BER value, of definite and indefinite lengths.
 *
 * @throws {FormatError} ASN1_TOO_LARGE, ASN1_TOO_DEEP, ASN1_SYNTAX
 */
export function parseBer(bytes: Uint8Array, options: { readonly maxBytes: number }): BerNode {
  return toNode(readTree(bytes, options.maxBytes));
}

function toNode(tree: ForgeNode): BerNode {
  checkIdentifier(tree);
  return {
    identifier: tree.tagClass | (tree.constructed ? CONSTRUCTED : 0) | tree.type,
    tagClass: tagClassOf(tree.tagClass),
    tag: tree.type,
    constructed: tree.constructed,
    contents: typeof tree.value === 'string' ? toBytes(tree.value) : noContents,
    children: typeof tree.value === 'string' ? [] : tree.value.map(toNode),
  };
}

function toBytes(binary: string): Uint8Array {
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
