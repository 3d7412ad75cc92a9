export {
  createKeyRing,
  type KeyRingOptions,
  MAX_DOCUMENT_SECONDS,
  type RecipientKeyRing,
} from './key-ring.ts';
