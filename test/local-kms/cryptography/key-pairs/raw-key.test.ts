import { createECDH, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  rawEcPrivateKey,
  rawEd25519PrivateKey,
  rawPublicKey,
} from '../../../../local-kms/cryptography/key-pairs/raw-key.ts';
import type { Secret } from '../../../../shared/secret.ts';

const bytesOf = (secret: Secret) => secret.reveal((bytes) => Buffer.from(bytes));

describe('raw keys', () => {
  it.each([
    ['prime256v1', 32],
    ['secp384r1', 48],
    ['secp521r1', 66],
    ['secp256k1', 32],
    ['SM2', 32],
  ])('are number and point on %s', (namedCurve, length) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const number = bytesOf(rawEcPrivateKey(privateKey));
    expect(number).toHaveLength(length);
    const ecdh = createECDH(namedCurve);
    ecdh.setPrivateKey(number);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    expect(Buffer.from(rawPublicKey(spki))).toEqual(ecdh.getPublicKey());
  });

  it('are the bytes of RFC 8032 for Ed25519', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { d, x } = privateKey.export({ format: 'jwk' });
    expect(bytesOf(rawEd25519PrivateKey(privateKey)).toString('base64url')).toBe(d);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    expect(Buffer.from(rawPublicKey(spki)).toString('base64url')).toBe(x);
  });
});
