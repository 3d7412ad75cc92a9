import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { FormatError } from '../shared/errors.ts';
import { type CommandIo, EnvironmentError } from './command.ts';

export interface ReadOptions {
  /** Reading stops here: a longer input is refused, whatever its length. */
  readonly maxBytes: number;
}

/**
 * The bytes of a file, or of standard input where no path or `-` is given.
 *
 * @throws {EnvironmentError} if it cannot be read.
 * @throws {FormatError} INPUT_TOO_LARGE
 */
export async function readInput(
  path: string | undefined,
  io: Pick<CommandIo, 'stdin'>,
  options: ReadOptions,
): Promise<{ readonly bytes: Uint8Array }> {
  if (path !== undefined && path !== '-') return { bytes: await readFileBytes(path, options) };
  return { bytes: await collect(io.stdin, 'standard input', options.maxBytes) };
}

/**
 * The bytes of a file.
 *
 * @throws {EnvironmentError} if it cannot be read.
 * @throws {FormatError} INPUT_TOO_LARGE
 */
export async function readFileBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
  return collect(createReadStream(path), path, options.maxBytes);
}

async function collect(stream: Readable, name: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) {
        throw new FormatError('INPUT_TOO_LARGE', `${name}: expected at most ${maxBytes} bytes`);
      }
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new EnvironmentError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}

export type TextEncoding = 'raw' | 'base64' | 'hex';

/**
 * Undoes base64 (also base64url) or hex, line ends and spaces included, and says which it was.
 *
 * Text of hex digits only is hex, though it could be base64. Binary formats that begin with a byte
 * beyond ASCII, as COSE does, or have one in their header, as CMS does, are never mistaken for text.
 */
export function decodeText(bytes: Uint8Array): { bytes: Uint8Array; encoding: TextEncoding } {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[ \t\r\n]+/g, '');
  if (text !== '' && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)) {
    return { bytes: Uint8Array.from(Buffer.from(text, 'hex')), encoding: 'hex' };
  }
  if (isBase64(text)) {
    return { bytes: Uint8Array.from(Buffer.from(text, 'base64')), encoding: 'base64' };
  }
  return { bytes, encoding: 'raw' };
}

function isBase64(text: string): boolean {
  const match = /^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)(={0,2})$/.exec(text);
  if (match === null) return false;
  // Without padding the last group may be short, but one digit alone is no byte.
  return match[1] === '' ? text.length % 4 !== 1 : text.length % 4 === 0;
}
