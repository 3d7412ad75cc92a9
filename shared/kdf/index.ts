export { type DeriveKeyOptions, deriveKey, type KeyDerivation } from './derive-key.ts';
export { deriveKeyringKeys, type KeyringKeys, type KeyringKeysOptions } from './ecdh-keyring.ts';
export type { FixedInfo } from './fixed-info.ts';
export type { KdfHash } from './hash.ts';
