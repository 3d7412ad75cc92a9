import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KdfHash } from '../../../shared/kdf/hash.ts';
import { deriveHkdf } from '../../../shared/kdf/two-step.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { hexOfSecret, secretOf } from '../../support/secrets.ts';
import { type WycheproofCase, wycheproofGroups } from '../../support/wycheproof.ts';

const unhex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const opensslNames = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const;
const hashes = Object.keys(opensslNames) as KdfHash[];

interface HkdfGroup {
  readonly tests: readonly (WycheproofCase & {
    ikm: string;
    salt: string;
    info: string;
    size: number;
    okm: string;
  })[];
}

describe.each([
  ['SHA-256', 'wycheproof_hkdf_sha256_test.json', 83],
  ['SHA-384', 'wycheproof_hkdf_sha384_test.json', 80],
] as const)('Wycheproof HKDF with %s (../shared/vectors)', (hash, file, valid) => {
  const cases = wycheproofGroups<HkdfGroup>(file).flatMap(({ tests }) => tests);

  it.skipIf(cases.length === 0)(
    'gives the valid outputs, and refuses those that are too long',
    () => {
      let right = 0;
      let tooLong = 0;
      for (const { tcId, result, ikm, salt, info, size, okm } of cases) {
        const derive = () =>
          hexOfSecret(
            deriveHkdf({
              hash,
              secret: secretOf(ikm),
              salt: unhex(salt),
              info: unhex(info),
              lengthBytes: size,
            }),
          );
        if (result === 'valid') {
          expect(derive(), `case ${tcId}`).toBe(okm);
          right++;
        } else {
          expect(codeOf(derive), `case ${tcId}`).toBe('KDF_LENGTH');
          tooLong++;
        }
      }
      expect({ right, tooLong }).toEqual({ right: valid, tooLong: 3 });
    },
  );
});

describe('deriveHkdf', () => {
  // RFC 5869 appendix A: test cases 1 and 3.
  it.each([
    [
      '000102030405060708090a0b0c',
      'f0f1f2f3f4f5f6f7f8f9',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      undefined,
      '',
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('is that of RFC 5869 with the salt %s', (salt, info, okm) => {
    const derived = deriveHkdf({
      hash: 'SHA-256',
      secret: secretOf('0b'.repeat(22)),
      ...(salt !== undefined && { salt: unhex(salt) }),
      info: unhex(info),
      lengthBytes: 42,
    });
    expect(hexOfSecret(derived)).toBe(okm);
  });

  it('is what OpenSSL makes', () => {
    const bytes = fc.uint8Array({ maxLength: 150 });
    fc.assert(
      fc.property(
        fc.constantFrom(...hashes),
        bytes,
        fc.option(bytes, { nil: undefined }),
        bytes,
        fc.integer({ min: 1, max: 300 }),
        (hash, z, salt, info, lengthBytes) => {
          const expected = hkdfSync(opensslNames[hash], z, salt ?? '', info, lengthBytes);
          const derived = deriveHkdf({
            hash,
            secret: new Secret(z),
            ...(salt && { salt }),
            info,
            lengthBytes,
          });
          expect(hexOfSecret(derived)).toBe(Buffer.from(expected).toString('hex'));
        },
      ),
    );
  });
});
