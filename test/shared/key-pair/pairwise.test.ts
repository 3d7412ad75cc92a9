import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { isKeyPair, type KeyPairForm } from '../../../shared/key-pair/index.ts';
import { createOwnKeyPair, type KeyPairSpec } from '../../support/key-import.ts';

const CASES: readonly (readonly [KeyPairSpec, KeyPairForm])[] = [
  ['RSA_2048', { type: 'rsa', modulusLength: 2048 }],
  ['ECC_NIST_P256', { type: 'ec', namedCurve: 'prime256v1' }],
  ['ECC_NIST_P384', { type: 'ec', namedCurve: 'secp384r1' }],
  ['ECC_NIST_P521', { type: 'ec', namedCurve: 'secp521r1' }],
  ['ECC_SECG_P256K1', { type: 'ec', namedCurve: 'secp256k1' }],
  ['SM2', { type: 'ec', namedCurve: 'SM2' }],
  ['ECC_NIST_EDWARDS25519', { type: 'ed25519' }],
];

const importPair = (pkcs8: Buffer, spki: Buffer) =>
  [
    createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  ] as const;

it.each(CASES)('knows the halves of a key pair of %s, and no other half', (spec, form) => {
  const [one, other] = [createOwnKeyPair(spec), createOwnKeyPair(spec)];
  expect(isKeyPair(form, ...importPair(one.privateKey, one.publicKey))).toBe(true);
  expect(isKeyPair(form, ...importPair(one.privateKey, other.publicKey))).toBe(false);
});

it('is not led by the public half that an EC private key brings along', () => {
  const [one, other] = [createOwnKeyPair('ECC_NIST_P256'), createOwnKeyPair('ECC_NIST_P256')];
  const mixed = Buffer.concat([one.privateKey.subarray(0, -64), other.publicKey.subarray(-64)]);
  const [privateKey, publicKey] = importPair(mixed, other.publicKey);
  expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
  expect(isKeyPair({ type: 'ec', namedCurve: 'prime256v1' }, privateKey, publicKey)).toBe(false);
});
