import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signEd25519ph, verifyEd25519ph } from '../../../shared/crypto/ed25519ph.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

/** RFC 8032 section 7.3. */
const vector = {
  privateKey: bytes('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'),
  publicKey: bytes('ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf'),
  message: Buffer.from('abc'),
  signature: bytes(
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
      '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  ),
};
const { privateKey, publicKey, message, signature } = vector;

describe('Ed25519ph', () => {
  it('signs and verifies the vector of RFC 8032', () => {
    expect(signEd25519ph(message, privateKey)).toEqual(signature);
    expect(verifyEd25519ph(message, signature, publicKey)).toBe(true);
  });

  it('does not verify with any one byte changed', () => {
    for (const { mutated, at } of oneByteMutations(signature)) {
      expect(verifyEd25519ph(message, mutated, publicKey), `byte ${at}`).toBe(false);
    }
    expect(verifyEd25519ph(Buffer.from('abd'), signature, publicKey)).toBe(false);
  });

  it.each([0, 63, 65])('does not verify a signature of %i bytes', (length) => {
    expect(verifyEd25519ph(message, new Uint8Array(length), publicKey)).toBe(false);
  });

  it('does not verify under another key', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
    expect(verifyEd25519ph(message, signature, other.subarray(-32))).toBe(false);
  });
});
