import { open } from 'node:fs/promises';
import { ConfigError } from '../errors.ts';

/**
 * Reads a text file of at most `maxBytes`, and never more than that into memory.
 *
 * @throws {ConfigError} CONFIG_UNREADABLE, CONFIG_TOO_LARGE, CONFIG_SYNTAX when it is not UTF-8
 */
export async function readConfigFile(path: string, maxBytes: number): Promise<string> {
  const bytes = await readAtMost(path, maxBytes + 1);
  if (bytes.length > maxBytes) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${path} has more than ${maxBytes} bytes`, {
      details: { path },
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError('CONFIG_SYNTAX', `${path} is not UTF-8`, { details: { path } });
  }
}

async function readAtMost(path: string, length: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const buffer = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(buffer, filled, length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } catch (error) {
    const reason = (error as { code?: unknown }).code;
    throw new ConfigError('CONFIG_UNREADABLE', `cannot read ${path}: ${String(reason)}`, {
      details: { path },
    });
  }
}
