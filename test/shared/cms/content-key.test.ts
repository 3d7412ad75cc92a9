import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  importForPool,
  type PoolKey,
  unwrapContentKey,
  unwrapOaep,
  unwrapOaepInPool,
  wrapContentKey,
} from '../../../shared/cms/content-key.ts';
import { type WycheproofCase, wycheproofGroups } from '../../support/wycheproof.ts';
import { recipient } from './envelopes.ts';

interface OaepGroup {
  readonly privateKeyPem: string;
  readonly tests: readonly (WycheproofCase & { msg: string; ct: string; label: string })[];
}

const hexOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('hex');

describe.each([2048, 4096])('Wycheproof RSA-OAEP %i (../shared/vectors)', (bits) => {
  const groups = wycheproofGroups<OaepGroup>(
    `wycheproof_rsa_oaep_${bits}_sha256_mgf1sha256_test.json`,
  );

  it.skipIf(groups.length === 0)(
    'decrypts the valid cases and no other, also in the thread pool',
    async () => {
      let valid = 0;
      let refused = 0;
      for (const { privateKeyPem, tests } of groups) {
        const privateKey = createPrivateKey(privateKeyPem);
        const [poolKey] = await importForPool(privateKey, 1);
        for (const { tcId, msg, ct, label, result } of tests) {
          const opened = hexOf(unwrapOaep(Buffer.from(ct, 'hex'), privateKey));
          // The product knows no label, so a ciphertext with one must not decrypt.
          const opens = result !== 'invalid' && label === '';
          expect(opened, `case ${tcId}`).toBe(opens ? msg : undefined);
          const inPool = await unwrapOaepInPool(Buffer.from(ct, 'hex'), poolKey as PoolKey);
          expect(hexOf(inPool), `case ${tcId}`).toBe(opened);
          if (opens) valid++;
          else refused++;
        }
      }
      expect(valid).toBeGreaterThan(5);
      expect(refused).toBeGreaterThan(5);
    },
  );
});

describe('unwrapContentKey', () => {
  const wrap = (length: number) =>
    wrapContentKey(new Uint8Array(length).fill(0x5a), recipient.privateKey);

  it('gives back a key of 32 bytes', () => {
    expect(hexOf(unwrapContentKey(wrap(32), recipient.privateKey))).toBe('5a'.repeat(32));
  });

  it.each([0, 16, 31, 33])('gives no key of %i bytes', (length) => {
    expect(unwrapContentKey(wrap(length), recipient.privateKey)).toBeUndefined();
  });

  it('gives nothing for what does not decrypt', () => {
    expect(unwrapContentKey(new Uint8Array(256).fill(1), recipient.privateKey)).toBeUndefined();
  });
});
