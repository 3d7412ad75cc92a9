import { expectSequence, parseDer, readIntegerBytes } from '../asn1/index.ts';
import { FormatError } from '../errors.ts';

/** Two integers of at most 49 bytes with their headers. */
const MAX_SIGNATURE_BYTES = 104;

/**
 * Turns the ECDSA-Sig-Value of X.509 into the `r || s` that COSE and the engines use.
 *
 * @param fieldBytes - 48 for P-384.
 * @throws {FormatError} ASN1_*, CERT_SIGNATURE
 */
export function parseEcdsaSigValue(der: Uint8Array, fieldBytes: number): Uint8Array {
  const members = expectSequence(
    parseDer(der, { maxBytes: MAX_SIGNATURE_BYTES }),
    'ECDSA-Sig-Value',
  );
  const signature = new Uint8Array(2 * fieldBytes);
  if (members.length !== 2) throw malformed('expected two integers');
  for (const [index, member] of members.entries()) {
    const integer = readIntegerBytes(member, index === 0 ? 'r' : 's');
    if (integer.length > fieldBytes) throw malformed(`expected at most ${fieldBytes} bytes each`);
    signature.set(integer, (index + 1) * fieldBytes - integer.length);
  }
  return signature;
}

function malformed(message: string): FormatError {
  return new FormatError('CERT_SIGNATURE', `ECDSA-Sig-Value: ${message}`);
}
