import { encodeOid } from './write.ts';

/** Those of a Nitro certificate: to find one here takes less time than to write its text. */
const KNOWN = [
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.2.1',
  '1.3.132.0.34',
  '2.5.29.19',
  '2.5.29.15',
  '2.5.29.14',
  '2.5.29.35',
].map((dotted) => ({ dotted, contents: encodeOid(dotted).subarray(2) }));

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

/** The dotted form of the arcs from `start` to `end`, which must be some ({@link isOid}). */
export function dottedOf(bytes: Uint8Array, start: number, end: number): string {
  for (const { dotted, contents } of KNOWN) if (isAt(bytes, start, end, contents)) return dotted;
  let dotted = '';
  let arc = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    arc = arc * 0x80 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    dotted += dotted === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  return dotted;
}

function isAt(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** X.690 section 8.19.4: the first two arcs share a number. */
function firstArcs(shared: number): string {
  const root = Math.min(Math.floor(shared / 40), 2);
  return `${root}.${shared - root * 40}`;
}
