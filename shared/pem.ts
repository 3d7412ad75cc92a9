import { parseBase64 } from './encoding.ts';
import { FormatError } from './errors.ts';

const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]+)-----END ([A-Z0-9 ]+)-----\s*$/;

/**
 * The contents of a text that is one PEM block (RFC 7468) of this label, and undefined of any other.
 */
export function parsePem(text: Uint8Array, label: string): Uint8Array | undefined {
  const [, begin, body = '', end] = BLOCK.exec(new TextDecoder().decode(text).trim()) ?? [];
  if (begin !== label || end !== label) return undefined;
  try {
    return parseBase64(body.replace(/\s/g, ''));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
