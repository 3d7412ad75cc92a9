import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ConfigError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';
import type { RandomBytes } from '../random.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals what the store must not hold in the clear. */
export interface Vault {
  /**
   * Base64 of nonce, AES-256-GCM ciphertext and tag.
   *
   * @param label - says which record the bytes belong to, so that they open in no other one.
   */
  seal(label: string, bytes: Uint8Array): string;
  /** @throws {ConfigError} LOCAL_KMS_MASTER_KEY if the master key or the label is another one. */
  open(label: string, sealed: string): Secret;
  /** Wipes the master key. */
  close(): void;
}

/** @param masterKey - 32 bytes; the vault owns it from here on. */
export function createVault(masterKey: Secret, randomBytes: RandomBytes): Vault {
  return {
    seal(label, bytes) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = masterKey.reveal((key) => createCipheriv('aes-256-gcm', key, nonce));
      cipher.setAAD(Buffer.from(label, 'utf8'));
      const parts = [nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(parts).toString('base64');
    },

    open(label, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      if (bytes.length < NONCE_BYTES + TAG_BYTES) throw notOurs(label);
      const decipher = masterKey.reveal((key) =>
        createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }),
      );
      decipher.setAAD(Buffer.from(label, 'utf8'));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plaintext = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      try {
        decipher.final();
      } catch {
        plaintext.fill(0);
        throw notOurs(label);
      }
      return new Secret(plaintext);
    },

    close: () => masterKey.dispose(),
  };
}

function notOurs(label: string): ConfigError {
  return new ConfigError(
    'LOCAL_KMS_MASTER_KEY',
    `${label}: sealed under another master key, or damaged`,
  );
}
