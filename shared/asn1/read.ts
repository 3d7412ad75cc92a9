import { FormatError } from '../errors.ts';
import { type BerNode, CONSTRUCTED, type UniversalType, universalTag } from './asn1-node.ts';

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
  let dotted = '';
  let arc = 0;
  for (const byte of contents) {
    arc = arc * 0x80 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    dotted += dotted === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  return dotted;
}

/** X.690 section 8.19.4: the first two arcs share a number. */
function firstArcs(shared: number): string {
  const root = Math.min(Math.floor(shared / 40), 2);
  return `${root}.${shared - root * 40}`;
}

/** As many bytes of 7 bits as a number holds exactly. */
const MAX_ARC_BYTES = 7;

/**
 * Whether the bytes from `start` to `end` are arcs of an OBJECT IDENTIFIER, none with a zero digit
 * in front (X.690 section 8.19.2) and none beyond exact numbers.
 */
export function isOid(bytes: Uint8Array, start: number, end: number): boolean {
  let arcStart = start;
  for (let at = start; at < end; at++) {
    if (at === arcStart && bytes[at] === 0x80) return false;
    if (at - arcStart >= MAX_ARC_BYTES) return false;
    if ((bytes[at] as number) < 0x80) arcStart = at + 1;
  }
  return end > start && arcStart === end;
}

/**
 * A non-negative INTEGER of at most 32 bits.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readInteger(node: BerNode | undefined, name: string): number {
  const magnitude = readIntegerBytes(node, name);
  if (magnitude.length > 4) throw malformed(name);
  return magnitude.reduce((value, byte) => value * 0x100 + byte, 0);
}

/**
 * A non-negative INTEGER as big-endian bytes without a sign byte; zero is one byte.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readIntegerBytes(node: BerNode | undefined, name: string): Uint8Array {
  const { contents } = expectUniversal(node, 'INTEGER', name);
  const [first] = contents;
  if (first === undefined || first >= 0x80 || isPadded(contents, 0, contents.length))
    throw malformed(name);
  return first === 0 && contents.length > 1 ? contents.subarray(1) : contents;
}

/**
 * Whether the first nine bits of an INTEGER are all zero or all one, which X.690 section 8.3.2
 * forbids. Its contents stand from `start` to `end`.
 */
export function isPadded(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2) return false;
  const first = bytes[start];
  const second = bytes[start + 1] as number;
  return (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80);
}

export interface BitString {
  readonly unusedBits: number;
  readonly bytes: Uint8Array;
}

/**
 * A BIT STRING in its primitive form, unused bits zero.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readBitString(node: BerNode | undefined, name: string): BitString {
  const { contents } = expectUniversal(node, 'BIT STRING', name);
  const [unusedBits] = contents;
  const bytes = contents.subarray(1);
  if (unusedBits === undefined || unusedBits > 7) throw malformed(name);
  const unused = (bytes.at(-1) ?? 0) & ((1 << unusedBits) - 1);
  if (unused !== 0 || (bytes.length === 0 && unusedBits !== 0)) throw malformed(name);
  return { unusedBits, bytes };
}

/**
 * A BOOLEAN.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readBoolean(node: BerNode | undefined, name: string): boolean {
  const { contents } = expectUniversal(node, 'BOOLEAN', name);
  if (contents.length !== 1) throw malformed(name);
  return contents[0] !== 0;
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

function malformed(name: string): FormatError {
  return new FormatError('ASN1_SYNTAX', `${name}: the contents do not fit the type`);
}
