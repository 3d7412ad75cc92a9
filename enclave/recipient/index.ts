export { createKeyRing, type KeyRingOptions, type RecipientKeyRing } from './key-ring.ts';
