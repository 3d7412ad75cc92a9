export {
  type EncryptionContext,
  encodeEncryptionContext,
  MAX_ENCRYPTION_CONTEXT_BYTES,
} from './encryption-context.ts';
export { KEY_ARN_FORM, KEY_ID_FORM } from './key-name.ts';
export {
  isRecipientOperation,
  MAX_ATTESTATION_DOCUMENT_BYTES,
  type PlaintextMember,
  RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
  RECIPIENT_OPERATIONS,
  type RecipientOperation,
} from './recipient-operations.ts';
export {
  encodeServiceError,
  KmsServiceError,
  type KmsServiceErrorOptions,
  parseServiceError,
} from './service-error.ts';
export {
  type CheckSignatureOptions,
  checkSignature,
  type VerifiedSignature,
} from './sigv4/check.ts';
export {
  type SignatureHeaders,
  type SignRequestOptions,
  signRequest,
} from './sigv4/sign.ts';
export type { SigningCredentials } from './sigv4/signature.ts';
