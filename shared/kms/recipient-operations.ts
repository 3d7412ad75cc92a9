/**
 * The operations of KMS that take a `Recipient`, and the response member that each would carry its
 * plaintext in: KMS leaves that member out and answers `CiphertextForRecipient` instead.
 */
export const RECIPIENT_OPERATIONS = {
  Decrypt: { plaintextMember: 'Plaintext' },
  DeriveSharedSecret: { plaintextMember: 'SharedSecret' },
  GenerateDataKey: { plaintextMember: 'Plaintext' },
  GenerateDataKeyPair: { plaintextMember: 'PrivateKeyPlaintext' },
  GenerateRandom: { plaintextMember: 'Plaintext' },
} as const;

export type RecipientOperation = keyof typeof RECIPIENT_OPERATIONS;

export type PlaintextMember = (typeof RECIPIENT_OPERATIONS)[RecipientOperation]['plaintextMember'];

/** The one `KeyEncryptionAlgorithm` that a `Recipient` may name. */
export const RECIPIENT_KEY_ENCRYPTION_ALGORITHM = 'RSAES_OAEP_SHA_256';

/** The longest `AttestationDocument` that KMS accepts, in bytes. */
export const MAX_ATTESTATION_DOCUMENT_BYTES = 262_144;

/** Tells whether `name`, without its `TrentService.` prefix, takes a `Recipient`. */
export function isRecipientOperation(name: string): name is RecipientOperation {
  return Object.hasOwn(RECIPIENT_OPERATIONS, name);
}
