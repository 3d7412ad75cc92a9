import { FormatError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { encodeFixedInfo, type FixedInfo } from './fixed-info.ts';
import { hashFacts, type KdfHash } from './hash.ts';
import { deriveOneStep, deriveOneStepHmac } from './one-step.ts';
import { checkSharedSecret } from './shared-secret.ts';
import { deriveHkdf } from './two-step.ts';

/** An AES-128 key, the shortest that is in use. */
const MIN_KEY_BYTES = 16;

/**
 * A key derivation of SP 800-56C: one-step with a hash or with HMAC, or two-step (HKDF).
 *
 * `salt` is public, has 1 byte to a block of the hash, and is the standard's zeros where absent. Its
 * length should be fixed: to HMAC a salt and the same salt with zeros after it are one.
 */
export type KeyDerivation =
  | { readonly kind: 'one-step'; readonly hash: KdfHash }
  | { readonly kind: 'one-step-hmac'; readonly hash: KdfHash; readonly salt?: Uint8Array }
  | { readonly kind: 'hkdf'; readonly hash: KdfHash; readonly salt?: Uint8Array };

export interface DeriveKeyOptions {
  /** The shared secret Z of DeriveSharedSecret. It stays the caller's, to be disposed of. */
  readonly secret: Secret;
  readonly kdf: KeyDerivation;
  readonly fixedInfo: FixedInfo;
  /** 16 bytes to 255 times the length of the hash. */
  readonly lengthBytes: number;
}

/**
 * Derives a key from a shared secret, bound to its use and to both parties.
 *
 * The same options give the same key: what makes it fresh is the key pair that one side made for
 * the occasion, or a nonce in `fixedInfo`. The caller disposes of the key.
 *
 * @throws {FormatError} KDF_SECRET, KDF_ALGORITHM, KDF_SALT, KDF_FIXED_INFO, KDF_LENGTH
 * @example
 * const key = deriveKey({
 *   secret,
 *   kdf: { kind: 'hkdf', hash: 'SHA-256' },
 *   fixedInfo: { algorithmId: utf8('A256GCM'), partyU: enclaveId, partyV: clientId },
 *   lengthBytes: 32,
 * });
 */
export function deriveKey({ secret, kdf, fixedInfo, lengthBytes }: DeriveKeyOptions): Secret {
  checkSharedSecret(secret);
  if (!(lengthBytes >= MIN_KEY_BYTES)) {
    throw new FormatError(
      'KDF_LENGTH',
      `expected at least ${MIN_KEY_BYTES} bytes, got ${lengthBytes}`,
    );
  }
  const { hash } = kdf;
  const encoded = encodeFixedInfo(fixedInfo, lengthBytes);
  try {
    switch (kdf.kind) {
      case 'one-step':
        refuseSalt(kdf);
        return deriveOneStep({ hash, secret, fixedInfo: encoded, lengthBytes });
      case 'one-step-hmac':
        checkSalt(hash, kdf.salt);
        return deriveOneStepHmac({ hash, salt: kdf.salt, secret, fixedInfo: encoded, lengthBytes });
      case 'hkdf':
        checkSalt(hash, kdf.salt);
        return deriveHkdf({ hash, salt: kdf.salt, secret, info: encoded, lengthBytes });
      default:
        throw new FormatError('KDF_ALGORITHM', 'expected one-step, one-step-hmac or hkdf');
    }
  } finally {
    encoded.fill(0);
  }
}

/** HMAC hashes a key that is longer than a block, so that two salts would become one. */
function checkSalt(hash: KdfHash, salt: Uint8Array | undefined): void {
  if (salt === undefined) return;
  const { blockBytes } = hashFacts(hash);
  if (!(salt instanceof Uint8Array) || salt.length < 1 || salt.length > blockBytes) {
    throw new FormatError('KDF_SALT', `expected 1 to ${blockBytes} bytes, or no salt`);
  }
}

/** A caller without types may bring one. Left out, it would bind the key to nothing. */
function refuseSalt(kdf: KeyDerivation): void {
  if ('salt' in kdf && kdf.salt !== undefined) {
    throw new FormatError('KDF_SALT', 'expected no salt: a hash takes none');
  }
}
