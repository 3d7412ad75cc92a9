import { FormatError } from '../errors.ts';
import { type BerNode, CONSTRUCTED, MAX_DEPTH } from './asn1-node.ts';
import { NO_CHILDREN, SliceNode, TAG } from './slice-node.ts';

/** The length octet that says: until the end-of-contents octets. */
const INDEFINITE = 0x80;

/**
 * Reads one BER value, of definite and indefinite lengths.
 *
 * Says nothing about contents, and leaves the form of a type to the reader of the structure. The
 * result shares memory with `bytes`.
 *
 * Not node-forge's reader, which makes strings of everything: it took longer over an envelope than
 * all else beside the RSA operation. The tests hold the two against each other.
 *
 * @throws {FormatError} ASN1_TOO_LARGE, ASN1_TOO_DEEP, ASN1_SYNTAX
 */
export function parseBer(bytes: Uint8Array, options: { readonly maxBytes: number }): BerNode {
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

/**
 * Reads the value at `start`: X.690 sections 8.1.2 to 8.1.5.
 *
 * @param limit - where the value around this one ends at the latest.
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
  if (tag === TAG || (identifier & ~CONSTRUCTED) === 0) {
    throw syntax(`tag number ${tag} is not supported`);
  }
  const constructed = (identifier & CONSTRUCTED) !== 0;
  if (first === INDEFINITE) {
    if (!constructed) throw syntax('a primitive value has an indefinite length');
    return readIndefinite(bytes, start, limit, depth);
  }

  const contentsStart = first < 0x80 ? start + 2 : start + 2 + (first & 0x7f);
  const length = first < 0x80 ? first : readLongLength(bytes, start + 2, contentsStart, limit);
  const end = contentsStart + length;
  if (end > limit) throw truncated();
  if (!constructed) return new SliceNode(bytes, start, contentsStart, end, NO_CHILDREN);
  const children: SliceNode[] = [];
  for (let at = contentsStart; at < end; ) {
    const child = readNode(bytes, at, end, depth + 1);
    children.push(child);
    at = child.end;
  }
  return new SliceNode(bytes, start, contentsStart, end, children);
}

/** X.690 section 8.1.5: members until two zero bytes stand where the next would begin. */
function readIndefinite(bytes: Uint8Array, start: number, limit: number, depth: number): SliceNode {
  const children: SliceNode[] = [];
  let at = start + 2;
  while (at + 2 > limit || bytes[at] !== 0 || bytes[at + 1] !== 0) {
    const child = readNode(bytes, at, limit, depth + 1);
    children.push(child);
    at = child.end;
  }
  return new SliceNode(bytes, start, start + 2, at + 2, children);
}

/** A length in the bytes from `start` to `end`, zeros in front allowed. */
function readLongLength(bytes: Uint8Array, start: number, end: number, limit: number): number {
  // No input has a length of more than four bytes.
  if (end - start > 4) throw syntax('a length is longer than the input');
  if (end > limit) throw truncated();
  let length = 0;
  for (let at = start; at < end; at++) length = length * 0x100 + (bytes[at] as number);
  return length;
}

function truncated(): FormatError {
  return syntax('the input ends inside a value');
}

function syntax(message: string): FormatError {
  return new FormatError('ASN1_SYNTAX', message);
}
