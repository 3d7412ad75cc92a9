import { concatBytes } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { type AgreementSpec, compressAgreementPublicKey } from '../key-agreement/index.ts';
import { encodeEncryptionContext } from '../kms/encryption-context.ts';
import { Secret } from '../secret.ts';
import { deriveCounterMode } from './counter-mode.ts';
import { checkSharedSecret } from './shared-secret.ts';

/** The names that the keyrings have for the curves. */
const CURVE_NAMES = {
  ECC_NIST_P256: 'p256',
  ECC_NIST_P384: 'p384',
  ECC_NIST_P521: 'p521',
  SM2: 'sm2',
} as const satisfies Record<AgreementSpec, string>;

const KEYRING_VERSION = 1;
const SALT_BYTES = 32;
const COMMITMENT_KEY_BYTES = 32;
const WRAPPING_KEY_BYTES = 32;

const utf8 = new TextEncoder();

export interface KeyringKeysOptions {
  /** What the ECDH of the two keys gave. It stays the caller's, to be disposed of. */
  readonly secret: Secret;
  readonly spec: AgreementSpec;
  /** DER SubjectPublicKeyInfo. */
  readonly senderPublicKey: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  readonly recipientPublicKey: Uint8Array;
  /** That of the message; empty if it has none. */
  readonly encryptionContext: ReadonlyMap<string, string>;
  /** The first 32 bytes of the encrypted data key. */
  readonly salt: Uint8Array;
}

export interface KeyringKeys {
  /** 32 bytes, to be compared in constant time with those after the salt, before anything opens. */
  readonly commitmentKey: Secret;
  /** The AES-256-GCM key around the data key, for this one use: the IV is 12 zero bytes. */
  readonly wrappingKey: Secret;
  /** What AES-GCM authenticates beside the data key. Public. */
  readonly additionalData: Uint8Array;
}

/**
 * Derives the keys of AWS's ECDH keyrings (AWS KMS ECDH and raw ECDH, which open each other's
 * messages): SP 800-108 counter mode with HMAC-SHA-384, of which the first half commits to the key
 * and the second wraps the data key.
 *
 *     Label     = FixedInfo
 *     Context   = salt
 *     FixedInfo = "ecdh-key-derivation" || 00 || curve || 00 || "HMAC_SHA384" || 00
 *                 || sender || recipient || 00 || 01 || 00 || encryption context
 *
 * Both public keys are compressed points; the encryption context is in the canonical form of the
 * AWS Encryption SDK. AWS's keyring calls DeriveSharedSecret without Recipient: this is how code
 * that calls it with one reads the same messages. The caller disposes of both keys.
 *
 * @throws {FormatError} KDF_SECRET, KDF_SALT, KDF_ENCRYPTION_CONTEXT, ASN1_*, AGREEMENT_KEY_*
 */
export function deriveKeyringKeys(options: KeyringKeysOptions): KeyringKeys {
  const { secret, spec, salt } = options;
  checkSharedSecret(secret, [spec]);
  if (salt.length !== SALT_BYTES) {
    throw new FormatError('KDF_SALT', `expected ${SALT_BYTES} bytes, got ${salt.length}`);
  }
  const fixedInfo = encodeKeyringFixedInfo({
    spec,
    sender: compressAgreementPublicKey(options.senderPublicKey, spec),
    recipient: compressAgreementPublicKey(options.recipientPublicKey, spec),
    encryptionContext: options.encryptionContext,
  });
  const keys = deriveCounterMode({
    hash: 'SHA-384',
    secret,
    label: fixedInfo,
    context: salt,
    lengthBytes: COMMITMENT_KEY_BYTES + WRAPPING_KEY_BYTES,
  });
  try {
    return keys.reveal((bytes) => ({
      commitmentKey: new Secret(bytes.slice(0, COMMITMENT_KEY_BYTES)),
      wrappingKey: new Secret(bytes.slice(COMMITMENT_KEY_BYTES)),
      additionalData: fixedInfo,
    }));
  } finally {
    keys.dispose();
  }
}

/** FixedInfo as {@link deriveKeyringKeys} describes it, of compressed points. */
export function encodeKeyringFixedInfo(parts: {
  readonly spec: AgreementSpec;
  readonly sender: Uint8Array;
  readonly recipient: Uint8Array;
  readonly encryptionContext: ReadonlyMap<string, string>;
}): Uint8Array {
  return concatBytes(
    utf8.encode(`ecdh-key-derivation\0${CURVE_NAMES[parts.spec]}\0HMAC_SHA384\0`),
    parts.sender,
    parts.recipient,
    Uint8Array.of(0, KEYRING_VERSION, 0),
    encodeContext(parts.encryptionContext),
  );
}

function encodeContext(context: ReadonlyMap<string, string>): Uint8Array {
  // A lone surrogate has no UTF-8: two contexts would have one form.
  const isText = [...context].flat().every((text) => !/\p{Surrogate}/u.test(text));
  const encoded = isText ? encodeEncryptionContext(context) : undefined;
  if (encoded === undefined) {
    throw new FormatError(
      'KDF_ENCRYPTION_CONTEXT',
      'expected an encryption context of Unicode text that KMS would take',
    );
  }
  return encoded;
}
