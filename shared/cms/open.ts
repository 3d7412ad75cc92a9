import { type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { encodeHex } from '../encoding.ts';
import { FormatError, UnwrapError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { decryptContent } from './content.ts';
import { unwrapContentKey } from './content-key.ts';
import { CONTENT_KEY_BYTES, RECIPIENT_ID_BYTES } from './layout.ts';
import { parseEnvelope } from './parse.ts';

export interface OpenEnvelopeOptions {
  /** `CiphertextForRecipient` as KMS sent it. */
  readonly envelope: Uint8Array;
  /** An RSA private key. */
  readonly privateKey: KeyObject;
  /** The recipient id of that key: see `recipientIdOf`. */
  readonly recipientId: Uint8Array;
}

/**
 * Opens a KMS recipient envelope.
 *
 * The envelope must name this recipient before the private key is used. From then on every failure
 * is UNWRAP_FAILED with the same message, after the same steps. The caller disposes of the secret.
 *
 * Opening proves nothing about who sealed: the envelope is encrypted, not authenticated (RFC 5652
 * has no MAC here), so the caller must have it from KMS itself, over TLS.
 *
 * @throws {FormatError} ASN1_*, CMS_*
 * @throws {UnwrapError} UNWRAP_RECIPIENT, UNWRAP_FAILED
 */
export function openEnvelope(options: OpenEnvelopeOptions): Secret {
  const { privateKey, recipientId } = options;
  const envelope = parseEnvelope(options.envelope);
  if (
    recipientId.length !== RECIPIENT_ID_BYTES ||
    !timingSafeEqual(envelope.recipientId, recipientId)
  ) {
    throw new UnwrapError('UNWRAP_RECIPIENT', 'the envelope is sealed to another key', {
      details: { expected: encodeHex(recipientId), actual: encodeHex(envelope.recipientId) },
    });
  }
  checkEncryptedKeyLength(envelope.encryptedKey, privateKey);

  const contentKey = unwrapContentKey(envelope.encryptedKey, privateKey);
  // The content is decrypted even without a key, so that a failure of RSA takes the same steps as
  // a failure of the padding.
  const decoy = randomBytes(CONTENT_KEY_BYTES);
  try {
    const plaintext = decryptContent(envelope.encryptedContent, contentKey ?? decoy, envelope.iv);
    if (contentKey === undefined || plaintext === undefined) {
      plaintext?.fill(0);
      throw new UnwrapError('UNWRAP_FAILED', 'the envelope does not open with this key');
    }
    return new Secret(plaintext);
  } finally {
    contentKey?.fill(0);
    decoy.fill(0);
  }
}

/** RFC 8017 section 7.1.2, step 1b. */
function checkEncryptedKeyLength(encryptedKey: Uint8Array, privateKey: KeyObject): void {
  const modulusBits = privateKey.asymmetricKeyDetails?.modulusLength;
  if (privateKey.asymmetricKeyType !== 'rsa' || modulusBits === undefined) {
    throw new TypeError('openEnvelope needs an RSA private key');
  }
  const wanted = Math.ceil(modulusBits / 8);
  if (encryptedKey.length !== wanted) {
    throw new FormatError(
      'CMS_LENGTH',
      `encryptedKey: expected ${wanted} bytes, the length of the modulus, got ${encryptedKey.length}`,
    );
  }
}
