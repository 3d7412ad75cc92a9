import { createECDH, createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type EcdsaCurve,
  signEcdsaDigest,
  verifyEcdsaDigest,
} from '../../../shared/crypto/ecdsa-digest.ts';

const curves: readonly (readonly [EcdsaCurve, string])[] = [
  ['prime256v1', 'sha256'],
  ['secp384r1', 'sha384'],
  ['secp521r1', 'sha512'],
  ['secp256k1', 'sha256'],
];

const message = Buffer.from('message');

function keysOn(namedCurve: EcdsaCurve) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const { d } = privateKey.export({ format: 'jwk' });
  const ecdh = createECDH(namedCurve);
  ecdh.setPrivateKey(Buffer.from(d as string, 'base64url'));
  return { privateKey, publicKey, number: ecdh.getPrivateKey(), point: ecdh.getPublicKey() };
}

describe.each(curves)('ECDSA over digests on %s', (curve, hash) => {
  const { privateKey, publicKey, number, point } = keysOn(curve);
  const padded = Buffer.concat([Buffer.alloc(curve === 'secp521r1' ? 66 : 0), number]);
  const fixed = curve === 'secp521r1' ? padded.subarray(-66) : number;
  const digest = createHash(hash).update(message).digest();

  it('signs what OpenSSL verifies over the message', () => {
    const signature = signEcdsaDigest(curve, digest, fixed);
    expect(verify(hash, message, publicKey, signature)).toBe(true);
  });

  it('verifies what OpenSSL signs over the message, whether s is low or high', () => {
    for (let i = 0; i < 8; i++) {
      const signature = sign(hash, message, privateKey);
      expect(verifyEcdsaDigest(curve, digest, signature, point)).toBe(true);
    }
  });

  it('verifies nothing else', () => {
    const signature = Uint8Array.from(sign(hash, message, privateKey));
    const other = createHash(hash).update('other').digest();
    expect(verifyEcdsaDigest(curve, other, signature, point)).toBe(false);
    expect(verifyEcdsaDigest(curve, digest, signature.subarray(0, -1), point)).toBe(false);
    expect(verifyEcdsaDigest(curve, digest, Uint8Array.of(...signature, 0), point)).toBe(false);
    expect(verifyEcdsaDigest(curve, digest, new Uint8Array(0), point)).toBe(false);
    const another = keysOn(curve).point;
    expect(verifyEcdsaDigest(curve, digest, signature, another)).toBe(false);
  });
});
