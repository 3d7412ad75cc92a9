export { amazonRootCertificates } from './amazon-roots.ts';
export {
  type AttestedAnswer,
  type AttestedCall,
  createAttestedCall,
  type JsonMembers,
} from './attested-call.ts';
export { type CallsInFlight, countCallsInFlight } from './calls-in-flight.ts';
export { type AttestedKmsClientOptions, createAttestedKmsClient } from './client.ts';
export { type CredentialStore, createCredentialStore } from './credential-store.ts';
export { type CredentialsOptions, fetchCredentials, type RoleCredentials } from './credentials.ts';
export {
  type AttestedRecipientOptions,
  attestedRecipient,
  type KmsPlugin,
} from './recipient-plugin.ts';
export {
  createSignedKmsClient,
  type KmsAnswer,
  type SignedKmsClient,
  type SignedKmsClientOptions,
} from './signed-client.ts';
export { TlsAgent, type TlsAgentOptions } from './tls-agent.ts';
