import { FormatError } from './errors.ts';

const HEX = /^(?:[0-9a-f]{2})*$/i;
const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Lower-case hex, the form in which PCRs are printed and compared. */
export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_OF_BYTE[byte];
  return text;
}

/** Whether two arrays of public bytes are the same. Secrets are compared by a CryptoEngine. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** @throws {FormatError} HEX_SYNTAX unless the text is an even number of hex digits. */
export function parseHex(text: string): Uint8Array {
  if (!HEX.test(text)) {
    throw new FormatError(
      'HEX_SYNTAX',
      'expected an even number of hexadecimal digits, without 0x',
    );
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** @throws {FormatError} BASE64_SYNTAX unless the text is RFC 4648 base64 with padding, on one line. */
export function parseBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) {
    throw new FormatError('BASE64_SYNTAX', 'expected base64 with padding');
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Four bytes, big-endian. */
export function encodeUint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
