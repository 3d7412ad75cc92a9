import { FormatError } from '../errors.ts';
import { type BerNode, CONSTRUCTED, type UniversalType, universalTag } from './asn1-node.ts';
import { type BitString, bitStringOf, integerBytesOf, integerOf, malformed } from './contents.ts';
import { dottedOf, isOid } from './oid.ts';

const CONTEXT = 0x80;

/** Whether the node is there and has this universal type. */
export function isUniversal(node: BerNode | undefined, type: UniversalType): boolean {
  return node !== undefined && (node.identifier & ~CONSTRUCTED) === universalTag[type];
}

/** Whether the node is there and has the context-specific tag `[tag]`. */
export function isContext(node: BerNode | undefined, tag: number): boolean {
  return node !== undefined && (node.identifier & ~CONSTRUCTED) === (CONTEXT | tag);
}

/**
 * The node, if it has this universal type in the form (primitive or constructed) that DER has.
 *
 * @param name - the field's name in its specification, for the message.
 * @throws {FormatError} ASN1_UNEXPECTED
 */
export function expectUniversal<N extends BerNode>(
  node: N | undefined,
  type: UniversalType,
  name: string,
): N {
  const form = type === 'SEQUENCE' || type === 'SET' ? CONSTRUCTED : 0;
  if (node?.identifier !== (universalTag[type] | form)) {
    throw unexpected(name, type, node);
  }
  return node;
}

/**
 * The members of a SEQUENCE.
 *
 * @throws {FormatError} ASN1_UNEXPECTED
 */
export function expectSequence<N extends BerNode>(
  node: N | undefined,
  name: string,
): N['children'] {
  return expectUniversal(node, 'SEQUENCE', name).children;
}

/**
 * The members of a SET.
 *
 * @throws {FormatError} ASN1_UNEXPECTED
 */
export function expectSet<N extends BerNode>(node: N | undefined, name: string): N['children'] {
  return expectUniversal(node, 'SET', name).children;
}

/**
 * The one value inside `[tag] EXPLICIT`.
 *
 * @throws {FormatError} ASN1_UNEXPECTED
 */
export function expectExplicit<N extends BerNode>(
  node: N | undefined,
  tag: number,
  name: string,
): N['children'][number] {
  const child = isContext(node, tag) ? node?.children[0] : undefined;
  if (child === undefined || node?.children.length !== 1) {
    throw unexpected(name, `[${tag}] EXPLICIT`, node);
  }
  return child;
}

/**
 * An OBJECT IDENTIFIER in dotted form.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readOid(node: BerNode | undefined, name: string): string {
  const { contents } = expectUniversal(node, 'OBJECT IDENTIFIER', name);
  if (!isOid(contents, 0, contents.length)) throw malformed(name);
  return dottedOf(contents, 0, contents.length);
}

/**
 * A non-negative INTEGER of at most 32 bits.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readInteger(node: BerNode | undefined, name: string): number {
  const { contents } = expectUniversal(node, 'INTEGER', name);
  return integerOf(contents, 0, contents.length, name);
}

/**
 * A non-negative INTEGER as big-endian bytes without a sign byte; zero is one byte.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readIntegerBytes(node: BerNode | undefined, name: string): Uint8Array {
  const { contents } = expectUniversal(node, 'INTEGER', name);
  return integerBytesOf(contents, 0, contents.length, name);
}

/**
 * A BIT STRING in its primitive form, unused bits zero.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readBitString(node: BerNode | undefined, name: string): BitString {
  const { contents } = expectUniversal(node, 'BIT STRING', name);
  return bitStringOf(contents, 0, contents.length, name);
}

/**
 * The contents of an OCTET STRING in its primitive form.
 *
 * @throws {FormatError} ASN1_UNEXPECTED
 */
export function readOctetString(node: BerNode | undefined, name: string): Uint8Array {
  return expectUniversal(node, 'OCTET STRING', name).contents;
}

function unexpected(name: string, wanted: string, node: BerNode | undefined): FormatError {
  const form = node?.constructed ? 'constructed' : 'primitive';
  const got = node === undefined ? 'nothing' : `${form} ${node.tagClass} ${node.tag}`;
  return new FormatError('ASN1_UNEXPECTED', `${name}: expected ${wanted}, got ${got}`);
}
