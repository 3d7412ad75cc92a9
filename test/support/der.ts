import { encodeDefinite, identifier } from '../../shared/asn1/index.ts';
import { parseHex } from '../../shared/encoding.ts';

/** Identifier octets beside those that the product itself writes. */
const ID = { BOOLEAN: 0x01, BIT_STRING: 0x03, UTF8_STRING: 0x0c, UTC: 0x17, GENERALIZED: 0x18 };

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return encodeDefinite(identifier.SEQUENCE, ...members);
}

export function set(...members: readonly Uint8Array[]): Uint8Array {
  return encodeDefinite(identifier.SET, ...members);
}

export function explicit(tag: number, content: Uint8Array): Uint8Array {
  return encodeDefinite(0xa0 | tag, content);
}

/** A non-negative INTEGER from big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  const sign = (magnitude[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return encodeDefinite(identifier.INTEGER, sign, magnitude);
}

export function smallInteger(value: number): Uint8Array {
  return integer(parseHex(value.toString(16).padStart(8, '0')));
}

export function boolean(value: boolean): Uint8Array {
  return encodeDefinite(ID.BOOLEAN, Uint8Array.of(value ? 0xff : 0x00));
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return encodeDefinite(ID.BIT_STRING, Uint8Array.of(unusedBits), bytes);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return encodeDefinite(identifier['OCTET STRING'], bytes);
}

export function utf8String(text: string): Uint8Array {
  return encodeDefinite(ID.UTF8_STRING, new TextEncoder().encode(text));
}

/** RFC 5280 section 4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050. */
export function time(milliseconds: number): Uint8Array {
  const text = `${new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
  const short = text < '2050';
  const contents = new TextEncoder().encode(short ? text.slice(2) : text);
  return encodeDefinite(short ? ID.UTC : ID.GENERALIZED, contents);
}
