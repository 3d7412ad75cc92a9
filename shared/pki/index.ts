export {
  type DevelopmentAuthorityOptions,
  loadOrCreateDevelopmentNsmRoot,
  loadOrCreateDevelopmentTlsCa,
} from './authority-files.ts';
export type { KeyedCertificate } from './certificate.ts';
export {
  createDevelopmentNsmRoot,
  issueNsmCertificate,
  moduleIdOf,
  type NsmIdentity,
  type NsmLevel,
  nsmLevels,
} from './nsm-chain.ts';
export { encodeCertificatePem, encodePrivateKeyPem } from './pem.ts';
export { createDevelopmentTlsCa, issueServerCertificate } from './tls.ts';
