import { type Asn1Node, expectSequence, isUniversal, readOid } from '../asn1/index.ts';
import { FormatError } from '../errors.ts';

/** What a key pair is made of, in the words of OpenSSL. */
export type KeyPairForm =
  | { readonly type: 'rsa'; readonly modulusLength: number }
  | { readonly type: 'ec'; readonly namedCurve: string }
  | { readonly type: 'ed25519' }
  | { readonly type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' };

const ALGORITHMS = {
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.2.1',
  ed25519: '1.3.101.112',
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
} as const satisfies Record<KeyPairForm['type'], string>;

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
  SM2: '1.2.156.10197.1.301',
};

/**
 * Checks that an AlgorithmIdentifier is the one of that form, a curve by its name: OpenSSL would take
 * its parameters in place of it.
 *
 * @throws {FormatError} ASN1_*
 */
export function checkAlgorithm(node: Asn1Node | undefined, form: KeyPairForm): void {
  const [algorithm, parameters, ...others] = expectSequence(node, 'algorithm');
  expectForm(readOid(algorithm, 'algorithm') === ALGORITHMS[form.type], form.type);
  switch (form.type) {
    case 'rsa':
      // RFC 3279 section 2.3.1.
      expectForm(isUniversal(parameters, 'NULL'), 'NULL parameters');
      break;
    case 'ec':
      expectForm(readOid(parameters, 'namedCurve') === CURVES[form.namedCurve], form.namedCurve);
      break;
    default:
      // RFC 8410 section 3, RFC 9881 section 2.
      expectForm(parameters === undefined, 'no parameters');
  }
  expectForm(others.length === 0, 'no further parameters');
}

/** @throws {FormatError} ASN1_UNEXPECTED */
export function expectForm(holds: boolean, expected: string): void {
  if (!holds) throw new FormatError('ASN1_UNEXPECTED', `expected a key: ${expected}`);
}
