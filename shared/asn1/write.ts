import { concatBytes } from '../encoding.ts';

/** Identifier octets of the types that are written here (X.690 section 8.1.2). */
export const identifier = {
  INTEGER: 0x02,
  'OCTET STRING': 0x04,
  NULL: 0x05,
  'OBJECT IDENTIFIER': 0x06,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** The identifier octet of `[tag]`. */
export function contextIdentifier(tag: number, form: 'primitive' | 'constructed'): number {
  return (form === 'constructed' ? 0xa0 : 0x80) | tag;
}

/** A value of definite length, as DER has it. */
export function encodeDefinite(id: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return concatBytes(Uint8Array.from(encodeHeader(id, length)), ...contents);
}

/** A constructed value of indefinite length, with its end-of-contents octets. */
export function encodeIndefinite(id: number, ...contents: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(id, 0x80), ...contents, Uint8Array.of(0x00, 0x00));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function encodeOid(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  const contents = [root * 40 + second, ...arcs].flatMap(encodeArc);
  return encodeDefinite(identifier['OBJECT IDENTIFIER'], Uint8Array.from(contents));
}

function encodeArc(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
}

/** Identifier and length octets of a definite length in its shortest form (X.690 section 10.1). */
export function encodeHeader(id: number, length: number): number[] {
  if (length < 0x80) return [id, length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return [id, 0x80 | digits.length, ...digits];
}
