import { type BerNode, encodeDefinite } from '../../../shared/asn1/index.ts';

const classBits = { universal: 0x00, application: 0x40, context: 0x80, private: 0xc0 } as const;

/** The DER encoding of a tree, written from its tags and contents alone. */
export function encodeTree(node: BerNode): Uint8Array {
  const id = classBits[node.tagClass] | (node.constructed ? 0x20 : 0) | node.tag;
  return encodeDefinite(
    id,
    ...(node.constructed ? node.children.map(encodeTree) : [node.contents]),
  );
}
