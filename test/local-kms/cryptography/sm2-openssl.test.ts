import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sm2Encryptor } from '../../../local-kms/cryptography/encryption/sm2-encryptor.ts';
import { sm2MessageSigner } from '../../../local-kms/cryptography/signing/sm2-signer.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Each key and nonce is another one: lengths of integers in DER differ from run to run. */
const ROUNDS = 8;
const message = Buffer.from('a message');

function createKey() {
  const directory = temporaryDirectory();
  const path = (name: string) => join(directory, name);
  openssl(['genpkey', '-algorithm', 'SM2', '-out', path('key.pem')]);
  const privateKey = createPrivateKey(readFileSync(path('key.pem')));
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  writeFileSync(path('message'), message);
  return { path, privateKey, publicKey };
}

describe.skipIf(!haveOpenssl)('SM2 beside the openssl command (skipped without it)', () => {
  it('encrypts what openssl decrypts, and decrypts what it encrypts', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { path, privateKey, publicKey } = createKey();
      const ours = sm2Encryptor.encrypt({ publicKey, plaintext: message, randomBytes });
      const key = ['-inkey', path('key.pem')];
      expect(Buffer.from(openssl(['pkeyutl', '-decrypt', ...key], ours))).toEqual(message);
      const ciphertext = openssl(['pkeyutl', '-encrypt', ...key], message);
      const plaintext = sm2Encryptor.decrypt({ privateKey, ciphertext });
      expect(plaintext?.reveal((bytes) => Buffer.from(bytes))).toEqual(message);
    }
  });

  it('verifies what openssl signs under the default distinguishing id, and under no other', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { path, publicKey } = createKey();
      for (const [id, holds] of [
        ['1234567812345678', true],
        ['another id', false],
      ] as const) {
        openssl([
          ...['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-pkeyopt', `distid:${id}`],
          ...['-inkey', path('key.pem'), '-in', path('message'), '-out', path('signature')],
        ]);
        const signature = readFileSync(path('signature'));
        expect(sm2MessageSigner.verify({ publicKey, message, signature })).toBe(holds);
      }
    }
  });
});
