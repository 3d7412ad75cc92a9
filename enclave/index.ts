export { type EnclaveConfig, kmsHost, parseEnclaveConfig, readEnclaveConfig } from './config.ts';
export { createEnclave, type Enclave, type EnclaveDependencies } from './enclave.ts';
export { attestedRecipient, type KmsPlugin, type RoleCredentials } from './kms/index.ts';
export { createKeyRing, type KeyRingOptions, type RecipientKeyRing } from './recipient/index.ts';
