import { randomBytes, timingSafeEqual } from 'node:crypto';
import { encodeHex } from '../encoding.ts';
import { FormatError, UnwrapError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { decryptContent } from './content.ts';
import { CONTENT_KEY_BYTES, type Envelope, RECIPIENT_ID_BYTES } from './layout.ts';
import { parseEnvelope } from './parse.ts';

/** The public facts of a recipient's key. */
export interface Recipient {
  /** See `recipientIdOf`. */
  readonly recipientId: Uint8Array;
  readonly modulusBits: number;
}

/**
 * Everything that is checked before the private key is used: structure, recipient, length.
 *
 * @throws {FormatError} ASN1_*, CMS_*
 * @throws {UnwrapError} UNWRAP_RECIPIENT
 */
export function parseEnvelopeFor(recipient: Recipient, bytes: Uint8Array): Envelope {
  const { recipientId, modulusBits } = recipient;
  const envelope = parseEnvelope(bytes);
  if (
    recipientId.length !== RECIPIENT_ID_BYTES ||
    !timingSafeEqual(envelope.recipientId, recipientId)
  ) {
    throw new UnwrapError('UNWRAP_RECIPIENT', 'the envelope is sealed to another key', {
      details: { expected: encodeHex(recipientId), actual: encodeHex(envelope.recipientId) },
    });
  }
  // RFC 8017 section 7.1.2, step 1b.
  const wanted = Math.ceil(modulusBits / 8);
  const { length } = envelope.encryptedKey;
  if (length !== wanted) {
    throw new FormatError(
      'CMS_LENGTH',
      `encryptedKey: expected ${wanted} bytes, the length of the modulus, got ${length}`,
    );
  }
  return envelope;
}

/** Stands in for a content key. What it decrypts is never looked at, so it is no secret. */
const decoy = randomBytes(CONTENT_KEY_BYTES);

/**
 * Everything after the RSA operation. Wipes the content key.
 *
 * @param contentKey - undefined if RSA did not give one. The content is decrypted even then, so that
 * a failure of RSA takes the same steps as a failure of the padding.
 * @throws {UnwrapError} UNWRAP_FAILED
 */
export function openContent(envelope: Envelope, contentKey: Uint8Array | undefined): Secret {
  try {
    const plaintext = decryptContent(envelope.encryptedContent, contentKey ?? decoy, envelope.iv);
    if (contentKey === undefined || plaintext === undefined) {
      plaintext?.fill(0);
      throw new UnwrapError('UNWRAP_FAILED', 'the envelope does not open with this key');
    }
    return new Secret(plaintext);
  } finally {
    contentKey?.fill(0);
  }
}
