/** KMS bounds CiphertextForRecipient at 6144 bytes. */
export const MAX_ENVELOPE_BYTES = 6144;

/** KeyTransRecipientInfo names its recipient by key identifier, so both versions are 2 (RFC 5652). */
export const CMS_VERSION = 2;

export const RECIPIENT_ID_BYTES = 32;
export const CONTENT_KEY_BYTES = 32;
export const BLOCK_BYTES = 16;

/** KMS writes constructed encryptedContent in OCTET STRINGs of at most this many bytes. */
export const SEGMENT_BYTES = 1000;

export const oid = {
  data: '1.2.840.113549.1.7.1',
  envelopedData: '1.2.840.113549.1.7.3',
  rsaesOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  pSpecified: '1.2.840.113549.1.1.9',
  sha256: '2.16.840.1.101.3.4.2.1',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

/** What varies from one recipient envelope to the next. */
export interface Envelope {
  /** subjectKeyIdentifier: SHA-256 of the recipient's DER SubjectPublicKeyInfo. */
  readonly recipientId: Uint8Array;
  readonly encryptedKey: Uint8Array;
  readonly iv: Uint8Array;
  /** All segments of encryptedContent, joined. */
  readonly encryptedContent: Uint8Array;
}
