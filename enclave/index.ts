export {
  type DeriveKeyOptions,
  deriveKey,
  deriveKeyringKeys,
  type FixedInfo,
  type KdfHash,
  type KeyDerivation,
  type KeyringKeys,
  type KeyringKeysOptions,
} from '../shared/kdf/index.ts';
export { type AgreementSpec, parseAgreementPublicKey } from '../shared/key-agreement/index.ts';
export { createLogger, type Logger, type LoggerOptions } from '../shared/log.ts';
export { createNsmClient, type Nsm, type NsmClient } from '../shared/nsm/index.ts';
export type { Address } from '../shared/vsock/index.ts';
export {
  type ClientAttester,
  type ClientAttesterOptions,
  type ClientDocument,
  type ClientRequest,
  createClientAttester,
} from './attestation/index.ts';
export {
  type CallOnKey,
  type CallOptions,
  type Ciphertext,
  createKeyBroker,
  type DataKey,
  type DataKeyPair,
  type DataKeyPairSpec,
  type DataKeySize,
  type KeyBroker,
  type KeyBrokerOptions,
  type SharedSecret,
  type WrappedKeyPair,
} from './broker/index.ts';
export { type EnclaveConfig, kmsHost, parseEnclaveConfig, readEnclaveConfig } from './config.ts';
export { createEnclave, type Enclave, type EnclaveDependencies } from './enclave.ts';
export {
  type AttestedRecipientOptions,
  amazonRootCertificates,
  attestedRecipient,
  type CredentialsOptions,
  fetchCredentials,
  type KmsPlugin,
  type RoleCredentials,
  TlsAgent,
  type TlsAgentOptions,
} from './kms/index.ts';
export type { EnclaveMetrics } from './metrics.ts';
export { type NsmDeviceOptions, openNsmDevice } from './nsm/index.ts';
export {
  createKeyRing,
  type KeyRingOptions,
  type KeyRingStats,
  type RecipientKeyRing,
  type RecipientLease,
} from './recipient/index.ts';
