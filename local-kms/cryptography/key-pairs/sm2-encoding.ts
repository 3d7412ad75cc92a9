import {
  type Asn1Node,
  encodeDefinite,
  expectSequence,
  identifier,
  parseDer,
  readIntegerBytes,
  readOctetString,
} from '../../../shared/asn1/index.ts';
import type { Sm2Ciphertext, Sm2Signature } from '../../../shared/crypto/sm2.ts';
import { concatBytes } from '../../../shared/encoding.ts';
import { FormatError } from '../../../shared/errors.ts';

/*
 * SM2 in DER, as OpenSSL writes and reads it: GM/T 0009 sections 7.2 and 7.3.
 *
 *   SM2Signature ::= SEQUENCE { r INTEGER, s INTEGER }
 *   SM2Cipher    ::= SEQUENCE { x INTEGER, y INTEGER, hash OCTET STRING, cipherText OCTET STRING }
 */

const NUMBER_BYTES = 32;
const MAX_BYTES = 6144;

/** SEC 1 section 2.3.3. */
const UNCOMPRESSED = Uint8Array.of(0x04);

export function encodeSm2Signature({ r, s }: Sm2Signature): Uint8Array {
  return encodeDefinite(identifier.SEQUENCE, encodeNumber(r), encodeNumber(s));
}

/** @returns undefined if the bytes are not of that form. */
export function parseSm2Signature(bytes: Uint8Array): Sm2Signature | undefined {
  return parseSequence(bytes, 2, ([r, s]) => ({ r: readNumber(r), s: readNumber(s) }));
}

export function encodeSm2Ciphertext({ point, digest, masked }: Sm2Ciphertext): Uint8Array {
  return encodeDefinite(
    identifier.SEQUENCE,
    encodeNumber(point.subarray(1, 1 + NUMBER_BYTES)),
    encodeNumber(point.subarray(1 + NUMBER_BYTES)),
    encodeDefinite(identifier['OCTET STRING'], digest),
    encodeDefinite(identifier['OCTET STRING'], masked),
  );
}

/** @returns undefined if the bytes are not of that form. */
export function parseSm2Ciphertext(bytes: Uint8Array): Sm2Ciphertext | undefined {
  return parseSequence(bytes, 4, ([x, y, digest, masked]) => ({
    point: concatBytes(UNCOMPRESSED, readNumber(x), readNumber(y)),
    digest: readOctetString(digest, 'hash'),
    masked: readOctetString(masked, 'cipherText'),
  }));
}

function parseSequence<T>(
  bytes: Uint8Array,
  length: number,
  read: (members: readonly Asn1Node[]) => T,
): T | undefined {
  try {
    const members = expectSequence(parseDer(bytes, { maxBytes: MAX_BYTES }), 'SM2');
    return members.length === length ? read(members) : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** An INTEGER of a number without a sign, in as few bytes as there may be. */
function encodeNumber(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const magnitude = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  const sign = (magnitude[0] as number) >= 0x80 ? [0] : [];
  return encodeDefinite(identifier.INTEGER, Uint8Array.from(sign), magnitude);
}

function readNumber(node: Asn1Node | undefined): Uint8Array {
  const magnitude = readIntegerBytes(node, 'number');
  if (magnitude.length > NUMBER_BYTES) {
    throw new FormatError('ASN1_UNEXPECTED', 'expected a number of at most 256 bits');
  }
  const number = new Uint8Array(NUMBER_BYTES);
  number.set(magnitude, NUMBER_BYTES - magnitude.length);
  return number;
}
