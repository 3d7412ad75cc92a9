import { expectSequence, expectUniversal, parseDer } from '../asn1/index.ts';
import { checkAlgorithm, expectForm, type KeyPairForm } from './form.ts';

/** That of RSA-4096 has 550 bytes. */
const MAX_SPKI_BYTES = 1024;

/**
 * Checks that bytes are a DER SubjectPublicKeyInfo (RFC 5280 section 4.1) of that form. The key in it
 * is not looked at.
 *
 * @throws {FormatError} ASN1_*
 */
export function checkSpki(spki: Uint8Array, form: KeyPairForm): void {
  const [algorithm, subjectPublicKey, ...others] = expectSequence(
    parseDer(spki, { maxBytes: MAX_SPKI_BYTES }),
    'SubjectPublicKeyInfo',
  );
  checkAlgorithm(algorithm, form);
  expectUniversal(subjectPublicKey, 'BIT STRING', 'subjectPublicKey');
  expectForm(others.length === 0, 'SubjectPublicKeyInfo of two members');
}
