import { Buffer } from 'node:buffer';

/**
 * The bytes of RFC 4648 base64 with padding; undefined for any other text. It takes what the
 * portable `parseBase64` takes, faster: an attestation document has some 6000 characters.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  // Node takes the digits of base64url for these.
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const { buffer, byteOffset, length } = Buffer.from(text, 'base64');
  // Node leaves out whatever is no digit: then bytes are missing.
  if (length !== (text.length / 4) * 3 - padding) return undefined;
  return new Uint8Array(buffer, byteOffset, length);
}
