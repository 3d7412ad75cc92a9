import {
  type Asn1Node,
  expectSequence,
  parseDer,
  readIntegerBytes,
  readOctetString,
} from '../asn1/index.ts';
import { checkAlgorithm, expectForm, type KeyPairForm } from './form.ts';

const MAX_PKCS8_BYTES = 6144;

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
  checkAlgorithm(privateKeyAlgorithm, form);
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
  expectForm(n.length === bytes && (n[0] as number) >= 0x80, `modulus of ${modulusLength} bits`);
  const e = readIntegerBytes(publicExponent, 'publicExponent');
  expectForm(e.length === 3 && e[0] === 1 && e[1] === 0 && e[2] === 1, 'publicExponent of 65537');
  expectForm(
    readIntegerBytes(privateExponent, 'privateExponent').length <= bytes,
    'privateExponent',
  );
  const areShort = others.every((one) => readIntegerBytes(one, 'prime').length <= bytes / 2);
  expectForm(others.length === 5 && areShort, 'two primes, with their exponents and coefficient');
}
