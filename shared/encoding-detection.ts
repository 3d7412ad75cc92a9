import { parseBase64, parseHex } from './encoding.ts';

export type TextEncoding = 'raw' | 'base64' | 'hex';

const WHITE_SPACE = /[ \t\r\n]+/g;
/** The byte order mark of UTF-8, as Latin-1. */
const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/;
/** What stands around a text where it was copied: the quotes of JSON, the lines of PEM (RFC 7468). */
const WRAPPED =
  /^(?:"(?<quoted>[^"]*)"|-----BEGIN(?<label>[A-Z0-9]*)-----(?<armoured>[^-]*)-----END\k<label>-----)$/;
const HEX = /^(?:0x)?([0-9a-f]+)$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)(={0,2})$/;

/**
 * Undoes base64 (also base64url) or hex, and says which it was. Line ends and spaces are no part of
 * it, nor are a byte order mark, the quotes of JSON, or the first and last line of PEM, whatever
 * its label.
 *
 * Text of hex digits only is hex, with or without 0x in front, though it could be base64. Binary
 * formats that begin with a byte beyond ASCII, as COSE does, or have one in their header, as CMS
 * does, are never mistaken for text.
 *
 * @throws {FormatError} HEX_SYNTAX if an odd number of hex digits stands behind 0x.
 */
export function decodeText(bytes: Uint8Array): { bytes: Uint8Array; encoding: TextEncoding } {
  const text = unwrap(new TextDecoder('latin1').decode(bytes).replace(WHITE_SPACE, ''));
  const digits = HEX.exec(text)?.[1];
  if (digits !== undefined && (digits.length % 2 === 0 || digits.length !== text.length)) {
    return { bytes: parseHex(digits), encoding: 'hex' };
  }
  if (!isBase64(text)) return { bytes, encoding: 'raw' };
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '');
  return {
    bytes: parseBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '=')),
    encoding: 'base64',
  };
}

function unwrap(text: string): string {
  const bare = text.replace(BYTE_ORDER_MARK, '');
  const groups = WRAPPED.exec(bare)?.groups;
  return groups?.quoted ?? groups?.armoured ?? bare;
}

function isBase64(text: string): boolean {
  const padding = BASE64.exec(text)?.[1];
  if (padding === undefined) return false;
  // Without padding the last group may be short, but one digit alone is no byte.
  return padding === '' ? text.length % 4 !== 1 : text.length % 4 === 0;
}
