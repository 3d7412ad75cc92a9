import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { FormatError } from '../errors.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from './curves.ts';
import { compressPoint, parsePoint } from './point.ts';

/**
 * Imports a public key for key agreement: a DER SubjectPublicKeyInfo of a point on the curve of
 * `spec`, uncompressed or compressed.
 *
 * The curve must be named: OpenSSL would take explicit parameters too, and with them a curve of the
 * sender's choice. OpenSSL then refuses coordinates out of range and points off the curve, which
 * with cofactor 1 is the full validation of SP 800-56A section 5.6.2.3.3.
 *
 * A key on SM2 is one for KMS only: Node has no type for it, and no agreement with it.
 *
 * @throws {FormatError} ASN1_*, AGREEMENT_KEY_*
 */
export function parseAgreementPublicKey(spki: Uint8Array, spec: AgreementSpec): KeyObject {
  parsePoint(spki, spec);
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new FormatError(
      'AGREEMENT_KEY_NOT_ON_CURVE',
      `expected a point on ${AGREEMENT_CURVES[spec].namedCurve}`,
      { cause },
    );
  }
}

/**
 * The compressed SEC 1 point of a public key that {@link parseAgreementPublicKey} accepts.
 *
 * @throws {FormatError} ASN1_*, AGREEMENT_KEY_*
 */
export function compressAgreementPublicKey(spki: Uint8Array, spec: AgreementSpec): Uint8Array {
  parseAgreementPublicKey(spki, spec);
  return compressPoint(parsePoint(spki, spec), spec);
}
