import {
  type Asn1Node,
  expectSequence,
  parseDer,
  readIntegerBytes,
  readOctetString,
  readOid,
} from '../../shared/asn1/index.ts';
import { FormatError } from '../../shared/errors.ts';
import type { KeyPairForm } from './specs.ts';

const MAX_PKCS8_BYTES = 6144;

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
 * Checks that bytes are a PKCS #8 private key (RFC 5958 section 2) of that form, for OpenSSL to take
 * in: it would not mind what stands behind one, nor the parameters of a curve in place of its name,
 * nor primes so long that a signature takes minutes.
 *
 * @throws {FormatError} ASN1_*
 */
export function checkPkcs8(pkcs8: Uint8Array, form: KeyPairForm): void {
  const [, privateKeyAlgorithm, privateKey] = expectSequence(
    parseDer(pkcs8, { maxBytes: MAX_PKCS8_BYTES }),
    'PrivateKeyInfo',
  );
  const [algorithm, parameters] = expectSequence(privateKeyAlgorithm, 'privateKeyAlgorithm');
  check(readOid(algorithm, 'algorithm') === ALGORITHMS[form.type], form.type);
  if (form.type === 'ec') {
    check(readOid(parameters, 'namedCurve') === CURVES[form.namedCurve], form.namedCurve);
  }
  if (form.type === 'rsa') {
    checkRsaKey(
      parseDer(readOctetString(privateKey, 'privateKey'), { maxBytes: MAX_PKCS8_BYTES }),
      form.modulusLength,
    );
  }
}

/** RFC 8017 appendix A.1.2. What the numbers are is left to OpenSSL, how long they are is not. */
function checkRsaKey(key: Asn1Node, modulusLength: number): void {
  const [, modulus, publicExponent, privateExponent, ...others] = expectSequence(
    key,
    'RSAPrivateKey',
  );
  const bytes = modulusLength / 8;
  const n = readIntegerBytes(modulus, 'modulus');
  check(n.length === bytes && (n[0] as number) >= 0x80, `modulus of ${modulusLength} bits`);
  const e = readIntegerBytes(publicExponent, 'publicExponent');
  check(e.length === 3 && e[0] === 1 && e[1] === 0 && e[2] === 1, 'publicExponent of 65537');
  check(readIntegerBytes(privateExponent, 'privateExponent').length <= bytes, 'privateExponent');
  const areShort = others.every((one) => readIntegerBytes(one, 'prime').length <= bytes / 2);
  check(others.length === 5 && areShort, 'two primes, with their exponents and coefficient');
}

function check(holds: boolean, expected: string): void {
  if (!holds) throw new FormatError('ASN1_UNEXPECTED', `expected a private key: ${expected}`);
}
