import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  expectSequence,
  expectUniversal,
  parseDer,
  readBitString,
  readOid,
} from '../../shared/asn1/index.ts';
import { FormatError } from '../../shared/errors.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from './specs.ts';

const ID_EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const MAX_SPKI_BYTES = 8192;

/**
 * Imports the peer's public key of a DeriveSharedSecret call: a DER SubjectPublicKeyInfo of a point
 * on the key's own curve, uncompressed or compressed.
 *
 * The curve must be named: OpenSSL would take explicit parameters too, and with them a curve of the
 * peer's choice. OpenSSL then refuses coordinates out of range and points off the curve, which with
 * cofactor 1 is the full validation of SP 800-56A section 5.6.2.3.3.
 *
 * @returns undefined for everything else.
 */
export function parsePeerPublicKey(spki: Uint8Array, spec: AgreementSpec): KeyObject | undefined {
  try {
    checkForm(spki, spec);
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function checkForm(spki: Uint8Array, spec: AgreementSpec): void {
  const { oid, secretBytes } = AGREEMENT_CURVES[spec];
  const outer = expectSequence(
    parseDer(spki, { maxBytes: MAX_SPKI_BYTES }),
    'SubjectPublicKeyInfo',
  );
  const algorithm = expectSequence(outer[0], 'algorithm');
  const key = readBitString(expectUniversal(outer[1], 'BIT STRING', 'subjectPublicKey'), 'point');
  const ok =
    outer.length === 2 &&
    algorithm.length === 2 &&
    readOid(algorithm[0], 'algorithm') === ID_EC_PUBLIC_KEY &&
    readOid(algorithm[1], 'namedCurve') === oid &&
    key.unusedBits === 0 &&
    isPoint(key.bytes, secretBytes);
  if (!ok) throw new FormatError('ASN1_UNEXPECTED', `expected a public key on ${spec}`);
}

/** SEC 1 section 2.3.3; the point at infinity and the hybrid form are not among these. */
function isPoint(bytes: Uint8Array, coordinate: number): boolean {
  const [form] = bytes;
  if (form === 0x04) return bytes.length === 1 + 2 * coordinate;
  return (form === 0x02 || form === 0x03) && bytes.length === 1 + coordinate;
}
