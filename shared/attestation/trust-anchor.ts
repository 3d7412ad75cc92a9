import { parseBase64 } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { parseCertificate } from './certificate.ts';

/** A root certificate that is trusted for being this one, by its bytes. */
export interface TrustAnchor {
  readonly der: Uint8Array;
}

const MAX_INPUT_BYTES = 16_384;
const PEM = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;
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
  const der = pemOrDer[0] === DER_SEQUENCE ? new Uint8Array(pemOrDer) : derOfPem(pemOrDer);
  parseCertificate(der);
  return { der };
}

function derOfPem(bytes: Uint8Array): Uint8Array {
  const body = PEM.exec(new TextDecoder().decode(bytes).trim())?.[1];
  try {
    if (body !== undefined) return parseBase64(body.replace(/\s/g, ''));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  throw new FormatError(
    'TRUST_ANCHOR_SYNTAX',
    'expected one certificate, in DER or in base64 between BEGIN CERTIFICATE and END CERTIFICATE',
  );
}
