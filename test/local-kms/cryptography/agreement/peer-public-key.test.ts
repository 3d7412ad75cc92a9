import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePeerPublicKey } from '../../../../local-kms/cryptography/agreement/peer-public-key.ts';

const spki = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey.export({
  format: 'der',
  type: 'spki',
});

describe('public key of the peer', () => {
  it('is a key on the curve asked for', () => {
    const key = parsePeerPublicKey(spki, 'ECC_NIST_P384');
    expect(key?.export({ format: 'der', type: 'spki' }).equals(spki)).toBe(true);
  });

  it.each([
    ['a key on another curve', spki, 'ECC_NIST_P256'],
    ['garbage', Buffer.from('garbage'), 'ECC_NIST_P384'],
    ['a key longer than any', Buffer.alloc(8192, 0x30), 'ECC_NIST_P384'],
  ] as const)('is undefined for %s', (_name, bytes, spec) => {
    expect(parsePeerPublicKey(bytes, spec)).toBeUndefined();
  });
});
