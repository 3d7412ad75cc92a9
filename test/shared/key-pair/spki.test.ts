import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSpki, type KeyPairForm } from '../../../shared/key-pair/index.ts';
import { codeOf } from '../../support/codes.ts';
import { createOwnKeyPair, type KeyPairSpec } from '../../support/key-import.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const FORMS = {
  RSA_2048: { type: 'rsa', modulusLength: 2048 },
  ECC_NIST_P256: { type: 'ec', namedCurve: 'prime256v1' },
  ECC_SECG_P256K1: { type: 'ec', namedCurve: 'secp256k1' },
  SM2: { type: 'ec', namedCurve: 'SM2' },
  ECC_NIST_EDWARDS25519: { type: 'ed25519' },
} as const satisfies Partial<Record<KeyPairSpec, KeyPairForm>>;

const specs = Object.keys(FORMS) as (keyof typeof FORMS)[];
const P256 = FORMS.ECC_NIST_P256;
const spki = createOwnKeyPair('ECC_NIST_P256').publicKey;

describe('checkSpki', () => {
  it.each(specs)('lets pass what OpenSSL writes for %s, and under no other form', (spec) => {
    const { publicKey } = createOwnKeyPair(spec);
    for (const other of specs) {
      const code = codeOf(() => checkSpki(publicKey, FORMS[other]));
      expect(code, other).toBe(other === spec ? undefined : 'ASN1_UNEXPECTED');
    }
  });

  it.each([
    ['bytes behind it', Buffer.concat([spki, Buffer.alloc(1)]), 'ASN1_SYNTAX'],
    ['more than 1024 bytes', Buffer.alloc(1025), 'ASN1_TOO_LARGE'],
    ['a private key', createOwnKeyPair('ECC_NIST_P256').privateKey, 'ASN1_UNEXPECTED'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(codeOf(() => checkSpki(bytes, P256))).toBe(code);
  });

  it('refuses what is cut off', () => {
    for (const cut of truncations(spki)) {
      expect(codeOf(() => checkSpki(cut, P256))).toMatch(/^ASN1_/);
    }
  });

  it('refuses every changed byte before the point', () => {
    for (const { at, mutated } of oneByteMutations(spki)) {
      const code = codeOf(() => checkSpki(mutated, P256));
      // The last 66 bytes are the count of unused bits, and the point.
      if (at < spki.length - 66) expect(code, `byte ${at}`).toMatch(/^ASN1_/);
    }
  });

  it('refuses any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => checkSpki(bytes, P256))).toMatch(/^ASN1_/);
      }),
    );
  });
});
