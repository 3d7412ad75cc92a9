import {
  type DeriveKeyOptions,
  deriveKey,
  deriveKeyringKeys,
  type KeyringKeys,
  type KeyringKeysOptions,
} from '../../shared/kdf/index.ts';
import type { AgreementSpec } from '../../shared/key-agreement/index.ts';
import type { Secret } from '../../shared/secret.ts';

/**
 * What DeriveSharedSecret gave: to derive keys from, not to be used as one.
 *
 * It is the x coordinate of a point, not uniform, and the same for every use of the same two keys.
 * The caller disposes of it and of what it derives.
 */
export class SharedSecret {
  /** The curve of both keys. */
  readonly spec: AgreementSpec;
  readonly #secret: Secret;

  /** Owns `secret`. */
  constructor(secret: Secret, spec: AgreementSpec) {
    this.#secret = secret;
    this.spec = spec;
  }

  /**
   * Derives a key, bound to its use and to both parties.
   *
   * @throws {FormatError} KDF_*
   */
  deriveKey(options: Omit<DeriveKeyOptions, 'secret'>): Secret {
    return deriveKey({ ...options, secret: this.#secret });
  }

  /**
   * Derives the keys of AWS's ECDH keyrings, to read a message of the AWS Encryption SDK.
   *
   * @throws {FormatError} KDF_SALT, KDF_ENCRYPTION_CONTEXT, ASN1_*, AGREEMENT_KEY_*
   */
  deriveKeyringKeys(options: Omit<KeyringKeysOptions, 'secret' | 'spec'>): KeyringKeys {
    return deriveKeyringKeys({ ...options, secret: this.#secret, spec: this.spec });
  }

  /** Lends the raw secret to `use`, for a derivation that is not offered here. */
  revealRawSecret<T>(use: (bytes: Uint8Array) => T): T {
    return this.#secret.reveal(use);
  }

  /** Overwrites the secret. Safe to call more than once. */
  dispose(): void {
    this.#secret.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
