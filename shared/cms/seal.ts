import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject, randomBytes as randomBytesOfNode } from 'node:crypto';
import { FormatError } from '../errors.ts';
import { encryptContent } from './content.ts';
import { wrapContentKey } from './content-key.ts';
import { type ContentForm, encodeEnvelope } from './encode.ts';
import { BLOCK_BYTES, CONTENT_KEY_BYTES, MAX_ENVELOPE_BYTES } from './layout.ts';
import { recipientIdOf } from './recipient-id.ts';

const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 4096;

export interface SealEnvelopeOptions {
  readonly plaintext: Uint8Array;
  /** The recipient's DER SubjectPublicKeyInfo, as in the `public_key` of its attestation document. */
  readonly recipientSpki: Uint8Array;
  /** How encryptedContent is written; `constructed` unless said otherwise. */
  readonly form?: ContentForm;
  /** For the content key and the IV; node:crypto's unless said otherwise. OAEP's seed is OpenSSL's. */
  readonly randomBytes?: (length: number) => Uint8Array;
}

/**
 * Seals a plaintext to a recipient, as KMS does in `CiphertextForRecipient`.
 *
 * The plaintext stays the caller's to wipe.
 *
 * @throws {FormatError} CMS_RECIPIENT_KEY, CMS_TOO_LARGE
 */
export function sealEnvelope(options: SealEnvelopeOptions): Uint8Array {
  const {
    plaintext,
    recipientSpki,
    form = 'constructed',
    randomBytes = randomBytesOfNode,
  } = options;
  const recipient = importRecipient(recipientSpki);
  if (plaintext.length > MAX_ENVELOPE_BYTES) throw tooLarge();

  const contentKey = randomBytes(CONTENT_KEY_BYTES);
  const iv = randomBytes(BLOCK_BYTES);
  try {
    const envelope = encodeEnvelope(
      {
        recipientId: recipientIdOf(recipientSpki),
        encryptedKey: wrapContentKey(contentKey, recipient),
        iv,
        encryptedContent: encryptContent(plaintext, contentKey, iv),
      },
      form,
    );
    if (envelope.length > MAX_ENVELOPE_BYTES) throw tooLarge();
    return envelope;
  } finally {
    contentKey.fill(0);
  }
}

function importRecipient(spki: Uint8Array): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw badRecipient('it is not a SubjectPublicKeyInfo');
  }
  const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const fits = modulusBits >= MIN_MODULUS_BITS && modulusBits <= MAX_MODULUS_BITS;
  if (key.asymmetricKeyType !== 'rsa' || !fits) {
    throw badRecipient('it is not RSA of 2048 to 4096 bits');
  }
  // The recipient id is a hash of these very bytes, so a second spelling of the key would name
  // another recipient. OpenSSL reads BER and lets bytes follow.
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki))
    throw badRecipient('it is not DER');
  return key;
}

function badRecipient(reason: string): FormatError {
  return new FormatError('CMS_RECIPIENT_KEY', `the recipient key cannot be used: ${reason}`);
}

function tooLarge(): FormatError {
  return new FormatError(
    'CMS_TOO_LARGE',
    `the plaintext does not fit in an envelope of ${MAX_ENVELOPE_BYTES} bytes`,
  );
}
