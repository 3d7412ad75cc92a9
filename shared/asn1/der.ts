import { FormatError } from '../errors.ts';
import { type Asn1Node, CONSTRUCTED } from './asn1-node.ts';
import { checkInputSize, contentsStartOf, valueEndOf } from './der-value.ts';
import { NO_CHILDREN, SliceNode } from './slice-node.ts';

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
  checkInputSize(bytes, options.maxBytes);
  const root = readNode(bytes, 0, bytes.length, 0);
  if (root.end !== bytes.length) throw new FormatError('ASN1_SYNTAX', 'bytes follow the value');
  return root;
}

function readNode(bytes: Uint8Array, start: number, limit: number, depth: number): SliceNode {
  const contents = contentsStartOf(bytes, start, limit, depth);
  const end = valueEndOf(bytes, start, contents, limit);
  const constructed = ((bytes[start] as number) & CONSTRUCTED) !== 0;
  const children = constructed ? readChildren(bytes, contents, end, depth + 1) : NO_CHILDREN;
  return new SliceNode(bytes, start, contents, end, children);
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
