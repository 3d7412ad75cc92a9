import {
  constants,
  createHash,
  generateKeyPairSync,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodePss, verifyPss } from '../../../../local-kms/cryptography/signing/pss.ts';
import { oneByteMutations } from '../../../support/mutations.ts';

const message = Buffer.from('message');
const PADDING = constants.RSA_PKCS1_PSS_PADDING;

describe.each([
  ['sha256', 2048, 32],
  ['sha384', 3072, 48],
  ['sha512', 2048, 64],
  ['sha512', 4096, 64],
] as const)('EMSA-PSS with %s for %i bits', (hash, modulusLength, length) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const digest = createHash(hash).update(message).digest();
  const encode = () => encodePss({ hash, digest, salt: randomBytes(length), modulusLength });

  it('encodes what OpenSSL verifies, with a salt as long as the hash', () => {
    const encoded = encode();
    const signature = privateEncrypt(
      { key: privateKey, padding: constants.RSA_NO_PADDING },
      encoded,
    );
    const options = { key: publicKey, padding: PADDING, saltLength: length };
    expect(verify(hash, message, options, signature)).toBe(true);
  });

  it('verifies what OpenSSL has made', () => {
    for (let i = 0; i < 4; i++) {
      const options = { key: privateKey, padding: PADDING, saltLength: length };
      const encoded = publicDecrypt(
        { key: publicKey, padding: constants.RSA_NO_PADDING },
        sign(hash, message, options),
      );
      expect(verifyPss({ hash, digest, encoded })).toBe(true);
    }
  });

  it.each([0, 20, length - 1, length + 1])('refuses a salt of %i bytes', (saltLength) => {
    const encoded = publicDecrypt(
      { key: publicKey, padding: constants.RSA_NO_PADDING },
      sign(hash, message, { key: privateKey, padding: PADDING, saltLength }),
    );
    expect(verifyPss({ hash, digest, encoded })).toBe(false);
  });

  it('refuses another digest, and any one byte changed', () => {
    const encoded = encode();
    expect(verifyPss({ hash, digest, encoded })).toBe(true);
    expect(verifyPss({ hash, digest: randomBytes(length), encoded })).toBe(false);
    for (const { mutated, at } of oneByteMutations(encoded)) {
      expect(verifyPss({ hash, digest, encoded: mutated }), `byte ${at}`).toBe(false);
    }
  });
});
