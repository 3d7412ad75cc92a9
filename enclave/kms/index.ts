export { amazonRootCertificates } from './amazon-roots.ts';
export { type AttestedKmsClientOptions, createAttestedKmsClient } from './client.ts';
export {
  type CredentialsOptions,
  createCredentialProvider,
  type RoleCredentials,
} from './credentials.ts';
export {
  type AttestedRecipientOptions,
  attestedRecipient,
  type KmsPlugin,
} from './recipient-plugin.ts';
export { TlsAgent, type TlsAgentOptions } from './tls-agent.ts';
