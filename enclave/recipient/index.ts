export {
  createKeyRing,
  type KeyRingOptions,
  type KeyRingStats,
  MAX_DOCUMENT_SECONDS,
  type RecipientKeyRing,
  type RecipientLease,
} from './key-ring.ts';
export type { KeyBits } from './recipient-key.ts';
export { AGED_DOCUMENT_ERRORS, withLease } from './with-lease.ts';
