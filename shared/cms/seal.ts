import { randomBytes as randomBytesOfNode } from 'node:crypto';
import { FormatError } from '../errors.ts';
import { encryptContent } from './content.ts';
import { wrapContentKey } from './content-key.ts';
import { type ContentForm, encodeEnvelope } from './encode.ts';
import { BLOCK_BYTES, CONTENT_KEY_BYTES, MAX_ENVELOPE_BYTES } from './layout.ts';
import { importRecipientKey, type RecipientKey } from './recipient-key.ts';

export interface SealToKeyOptions {
  readonly plaintext: Uint8Array;
  readonly recipient: RecipientKey;
  /** How encryptedContent is written; `constructed` unless said otherwise. */
  readonly form?: ContentForm;
  /** For the content key and the IV; node:crypto's unless said otherwise. OAEP's seed is OpenSSL's. */
  readonly randomBytes?: (length: number) => Uint8Array;
}

export interface SealEnvelopeOptions extends Omit<SealToKeyOptions, 'recipient'> {
  /** The recipient's DER SubjectPublicKeyInfo, as in the `public_key` of its attestation document. */
  readonly recipientSpki: Uint8Array;
}

/**
 * Seals a plaintext to a recipient, as KMS does in `CiphertextForRecipient`.
 *
 * The plaintext stays the caller's to wipe.
 *
 * @throws {FormatError} CMS_RECIPIENT_KEY, CMS_TOO_LARGE
 */
export function sealEnvelope({ recipientSpki, ...options }: SealEnvelopeOptions): Uint8Array {
  return sealToKey({ ...options, recipient: importRecipientKey(recipientSpki) });
}

/**
 * As {@link sealEnvelope}, to a key that was imported before.
 *
 * @throws {FormatError} CMS_TOO_LARGE
 */
export function sealToKey(options: SealToKeyOptions): Uint8Array {
  const { plaintext, recipient, form = 'constructed', randomBytes = randomBytesOfNode } = options;
  if (plaintext.length > MAX_ENVELOPE_BYTES) throw tooLarge();

  const contentKey = randomBytes(CONTENT_KEY_BYTES);
  const iv = randomBytes(BLOCK_BYTES);
  try {
    const envelope = encodeEnvelope(
      {
        recipientId: recipient.id,
        encryptedKey: wrapContentKey(contentKey, recipient.key),
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

function tooLarge(): FormatError {
  return new FormatError(
    'CMS_TOO_LARGE',
    `the plaintext does not fit in an envelope of ${MAX_ENVELOPE_BYTES} bytes`,
  );
}
