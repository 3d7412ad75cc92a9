import { Buffer } from 'node:buffer';
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
} from 'node:crypto';
import { ConfigError } from '../../shared/errors.ts';
import { createMemo } from '../../shared/memo.ts';
import { Secret } from '../../shared/secret.ts';
import type { RandomBytes } from '../random.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** As many keys as stay open: each saves the unsealing and the import of a PKCS #8 key. */
const MAX_OPEN_KEYS = 1000;

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
  /**
   * Opens raw key bytes, or a PKCS #8 private key, as OpenSSL's key, which stays open for the next
   * time. It is kept under label and sealed bytes, so that a changed record never finds it.
   *
   * @throws {ConfigError} LOCAL_KMS_MASTER_KEY, as `open`
   */
  openKey(type: 'secret' | 'private', label: string, sealed: string): KeyObject;
  /** Forgets every open key: after some was deleted, it is in no memory of this process's making. */
  forgetKeys(): void;
  /** Wipes the master key, and forgets every open key. */
  close(): void;
}

/** @param masterKey - 32 bytes; the vault owns it from here on. */
export function createVault(masterKey: Secret, randomBytes: RandomBytes): Vault {
  let openKeys = createMemo<string, KeyObject>(MAX_OPEN_KEYS);
  const forgetKeys = (): void => {
    openKeys = createMemo(MAX_OPEN_KEYS);
  };

  const vault: Vault = {
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

    openKey(type, label, sealed) {
      const name = `${type} ${label} ${sealed}`;
      return openKeys(name, () => importKey(type, vault.open(label, sealed)));
    },

    forgetKeys,

    close() {
      forgetKeys();
      masterKey.dispose();
    },
  };
  return vault;
}

function importKey(type: 'secret' | 'private', bytes: Secret): KeyObject {
  try {
    return bytes.reveal((raw) =>
      type === 'secret'
        ? createSecretKey(raw)
        : createPrivateKey({
            key: Buffer.from(raw.buffer, raw.byteOffset, raw.length),
            format: 'der',
            type: 'pkcs8',
          }),
    );
  } finally {
    bytes.dispose();
  }
}

function notOurs(label: string): ConfigError {
  return new ConfigError(
    'LOCAL_KMS_MASTER_KEY',
    `${label}: sealed under another master key, or damaged`,
  );
}
