import { parseHex } from '../shared/encoding.ts';
import { FormatError } from '../shared/errors.ts';
import { UsageError } from './command.ts';
import { readFileBytes } from './input.ts';

/**
 * The bytes that a flag gives, as hex or as @FILE, whose bytes are taken as they are.
 *
 * @throws {UsageError} if there is no byte.
 * @throws {EnvironmentError} if the file cannot be read.
 * @throws {FormatError} INPUT_TOO_LARGE
 */
export async function readBytesArgument(
  flag: string,
  text: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = text.startsWith('@')
    ? await readFileBytes(text.slice(1), { maxBytes })
    : parseHexArgument(flag, text);
  if (bytes.length === 0) throw new UsageError(`${flag} needs at least one byte`);
  return bytes;
}

function parseHexArgument(flag: string, text: string): Uint8Array {
  try {
    return parseHex(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new UsageError(`${flag} needs HEX or @FILE: ${error.message}`);
  }
}
