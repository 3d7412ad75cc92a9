import { Buffer } from 'node:buffer';

/**
 * Cuts a stream of bytes into lines, and holds no more of one than `maxBytes`.
 *
 * @returns what takes the next bytes, and gives the lines that end in them: undefined for one that is
 *   longer.
 */
export function createLineSplitter(
  maxBytes: number,
): (chunk: Uint8Array) => readonly (string | undefined)[] {
  let begun = Buffer.alloc(0);
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    begun = length > maxBytes ? Buffer.alloc(0) : Buffer.concat([begun, part]);
  };
  const end = (): string | undefined => {
    const line = length > maxBytes ? undefined : begun.toString('utf8');
    begun = Buffer.alloc(0);
    length = 0;
    return line;
  };
  return (chunk) => {
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, at));
      lines.push(end());
      from = at + 1;
    }
    take(chunk.subarray(from));
    return lines;
  };
}

const NEWLINE = 0x0a;
