import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptContent, encryptContent } from '../../../shared/cms/content.ts';
import { type WycheproofCase, wycheproofGroups } from '../../support/wycheproof.ts';
import { cmsVectors, unhex } from './vectors.ts';

interface CbcGroup {
  readonly keySize: number;
  readonly tests: readonly (WycheproofCase & {
    key: string;
    iv: string;
    msg: string;
    ct: string;
  })[];
}

const hexOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('hex');

describe('Wycheproof AES-CBC-PKCS5, 256-bit keys (../shared/vectors)', () => {
  const cases = wycheproofGroups<CbcGroup>('wycheproof_aes_cbc_pkcs5_test.json')
    .filter(({ keySize }) => keySize === 256)
    .flatMap(({ tests }) => tests)
    // parseEnvelope lets nothing else come this far.
    .filter(({ ct }) => ct.length > 0 && ct.length % 32 === 0);

  it.skipIf(cases.length === 0)('decrypts the valid cases and no other', () => {
    expect(new Set(cases.map(({ result }) => result))).toEqual(new Set(['valid', 'invalid']));
    for (const { tcId, key, iv, msg, ct, result } of cases) {
      const opened = hexOf(decryptContent(unhex(ct), unhex(key), unhex(iv)));
      expect(opened, `case ${tcId}`).toBe(result === 'valid' ? msg : undefined);
    }
  });

  it.skipIf(cases.length === 0)('encrypts as the valid cases have it', () => {
    for (const { tcId, key, iv, msg, ct } of cases.filter(({ result }) => result === 'valid')) {
      expect(hexOf(encryptContent(unhex(msg), unhex(key), unhex(iv))), `case ${tcId}`).toBe(ct);
    }
  });
});

describe('the content of recorded KMS blobs (../shared/vectors)', () => {
  const known = cmsVectors.filter(({ entry }) => entry.expected.content_encryption_key_hex);

  it.skipIf(known.length === 0)('decrypts with the content key that the index gives', () => {
    expect(known.length).toBe(3);
    for (const { name, entry } of known) {
      const opened = decryptContent(
        unhex(entry.ciphertext_hex as string),
        unhex(entry.expected.content_encryption_key_hex as string),
        unhex(entry.structure.iv_hex),
      );
      expect(hexOf(opened), name).toBe(entry.expected.plaintext_hex);
    }
  });
});

describe('decryptContent', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

  it('gives back what was encrypted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes(32), bytes(16), (plaintext, key, iv) => {
        const opened = decryptContent(encryptContent(plaintext, key, iv), key, iv);
        expect(hexOf(opened)).toBe(hexOf(plaintext));
      }),
    );
  });

  it('does not write into the ciphertext', () => {
    const [key, iv] = [new Uint8Array(32), new Uint8Array(16)];
    const ciphertext = encryptContent(new Uint8Array(20), key, iv);
    const before = hexOf(ciphertext);
    decryptContent(ciphertext, key, iv);
    expect(hexOf(ciphertext)).toBe(before);
  });
});
