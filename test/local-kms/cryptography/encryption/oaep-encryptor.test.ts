import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOaepEncryptor } from '../../../../local-kms/cryptography/encryption/oaep-encryptor.ts';
import { wycheproofGroups } from '../../../support/wycheproof.ts';

interface OaepGroup {
  readonly privateKeyPkcs8: string;
  readonly keySize: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly ct: string;
    readonly label: string;
    readonly result: 'valid' | 'invalid' | 'acceptable';
  }[];
}

const groups = [2048, 4096].flatMap((size) =>
  wycheproofGroups<OaepGroup>(`wycheproof_rsa_oaep_${size}_sha256_mgf1sha256_test.json`),
);
const encryptor = createOaepEncryptor('sha256');
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('RSAES-OAEP', () => {
  it.skipIf(groups.length === 0)(
    'decrypts what Wycheproof holds valid under no label, and nothing else (skipped without vectors)',
    () => {
      let decrypted = 0;
      for (const { privateKeyPkcs8, tests } of groups) {
        const privateKey = createPrivateKey({
          key: Buffer.from(privateKeyPkcs8, 'hex'),
          format: 'der',
          type: 'pkcs8',
        });
        for (const { tcId, msg, ct, label, result } of tests) {
          const plaintext = encryptor
            .decrypt({ privateKey, ciphertext: bytes(ct) })
            ?.reveal((value) => Buffer.from(value).toString('hex'));
          const expected = result === 'valid' && label === '' ? msg : undefined;
          expect(plaintext, `case ${tcId}`).toBe(expected);
          if (expected !== undefined) decrypted++;
        }
      }
      expect(decrypted).toBe(20);
    },
  );

  it.skipIf(groups.length === 0)(
    'encrypts as much as it says and no more (skipped without vectors)',
    () => {
      for (const { privateKeyPkcs8, keySize } of groups) {
        const pkcs8 = Buffer.from(privateKeyPkcs8, 'hex');
        const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
        const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
        const plaintext = randomBytes(encryptor.maxPlaintextBytes(keySize));
        const ciphertext = encryptor.encrypt({ publicKey, plaintext, randomBytes });
        const opened = encryptor.decrypt({ privateKey, ciphertext });
        expect(opened?.reveal((value) => Buffer.from(value))).toEqual(plaintext);
        const tooLong = Buffer.concat([plaintext, Buffer.alloc(1)]);
        expect(() => encryptor.encrypt({ publicKey, plaintext: tooLong, randomBytes })).toThrow();
      }
    },
  );
});
