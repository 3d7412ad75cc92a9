import { Buffer } from 'node:buffer';

/** Something that must not occur where others can read. */
export interface Needle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Haystack {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Every way in which bytes get into a stream or a log, by its name. */
export function encodingsOf(bytes: Uint8Array): ReadonlyMap<string, Buffer> {
  const buffer = Buffer.from(bytes);
  const hex = buffer.toString('hex');
  const encodings = new Map<string, Buffer>([
    ['raw', buffer],
    ['hex', Buffer.from(hex)],
    ['upper-case hex', Buffer.from(hex.toUpperCase())],
    ['spaced hex', Buffer.from(hex.replace(/..(?=.)/g, '$& '))],
    ['decimal', Buffer.from(bytes.join(','))],
  ]);
  for (const alignment of [0, 1, 2]) {
    encodings.set(`base64 at ${alignment}`, base64At(alignment, buffer, 'base64'));
    encodings.set(`base64url at ${alignment}`, base64At(alignment, buffer, 'base64url'));
  }
  return encodings;
}

/** What stands in base64 of a longer text for `bytes` that begin `alignment` bytes into a group. */
function base64At(alignment: number, bytes: Uint8Array, encoding: 'base64' | 'base64url'): Buffer {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString(encoding);
  const first = Math.ceil((alignment * 8) / 6);
  const end = Math.floor(((alignment + bytes.length) * 8) / 6);
  return Buffer.from(text.slice(first, end));
}

const WINDOW = 16;

/**
 * A secret in pieces of 16 bytes, each half over the next: a line break or the edge of a buffer
 * does not hide all of them. Only for bytes that are all secret, as each piece is looked for.
 */
export function piecesOf({ name, bytes }: Needle): readonly Needle[] {
  const pieces: Needle[] = [];
  for (let at = 0; at + WINDOW <= bytes.length; at += WINDOW / 2) {
    pieces.push({ name: `${name}, from byte ${at}`, bytes: bytes.subarray(at, at + WINDOW) });
  }
  return pieces;
}

/** Where each needle occurs, in which encoding: a line each, and no line when all is well. */
export function findLeaks(
  haystacks: readonly Haystack[],
  needles: readonly Needle[],
): readonly string[] {
  const patterns = needles.flatMap(({ name, bytes }) => {
    if (bytes.length < 8) throw new Error(`${name} is too short to be looked for`);
    return [...encodingsOf(bytes)].map(([encoding, pattern]) => ({ name, encoding, pattern }));
  });
  return haystacks.flatMap((haystack) => {
    const buffer = Buffer.from(haystack.bytes);
    return patterns
      .filter(({ pattern }) => buffer.includes(pattern))
      .map(({ name, encoding }) => `${name} as ${encoding} in ${haystack.name}`);
  });
}
