import { FormatError } from '../errors.ts';
import { parsePem } from '../pem.ts';
import { parseCertificate } from './certificate.ts';

/** A root certificate that is trusted for being this one, by its bytes. */
export interface TrustAnchor {
  readonly der: Uint8Array;
}

const MAX_INPUT_BYTES = 16_384;
const DER_SEQUENCE = 0x30;

/**
 * Reads a root certificate, PEM or DER. One certificate only: which of several should be trusted
 * is not for a parser to choose.
 *
 * @throws {FormatError} TRUST_ANCHOR_SYNTAX, CERT_SYNTAX
 */
export function parseTrustAnchor(pemOrDer: Uint8Array): TrustAnchor {
  if (pemOrDer.length > MAX_INPUT_BYTES) {
    throw new FormatError(
      'TRUST_ANCHOR_SYNTAX',
      `expected at most ${MAX_INPUT_BYTES} bytes, got ${pemOrDer.length}`,
    );
  }
  const der =
    pemOrDer[0] === DER_SEQUENCE ? new Uint8Array(pemOrDer) : parsePem(pemOrDer, 'CERTIFICATE');
  if (der === undefined) {
    throw new FormatError(
      'TRUST_ANCHOR_SYNTAX',
      'expected one certificate, in DER or in base64 between BEGIN CERTIFICATE and END CERTIFICATE',
    );
  }
  parseCertificate(der);
  return { der };
}
