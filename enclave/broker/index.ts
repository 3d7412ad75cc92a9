export type { DataKeyPair, DataKeyPairSpec } from './data-key-pair.ts';
export type { Ciphertext } from './decrypt.ts';
export type { DataKey, DataKeySize } from './generate-data-key.ts';
export type { WrappedKeyPair } from './generate-data-key-pair.ts';
export { createKeyBroker, type KeyBroker, type KeyBrokerOptions } from './key-broker.ts';
export type { CallOnKey, CallOptions } from './permitted-key.ts';
export type { SharedSecret } from './shared-secret.ts';
