export type { CryptoEngine } from '../crypto/engine.ts';
export {
  BrokerError,
  ConfigError,
  FormatError,
  PolicyError,
  VerificationError,
} from '../errors.ts';
export { awsNitroEnclavesRootG1 } from './aws-root.ts';
export { CHECK_IDS, type CheckId, type CheckResult } from './check.ts';
export {
  type BindingPurpose,
  type ClientBinding,
  CONFIG_HASH_BYTES,
  encodeClientBinding,
  hashClientBinding,
  MAX_CLIENT_DATA_BYTES,
  parseClientBinding,
} from './client-binding.ts';
export type { AttestationDocument, DocumentKind, Pcrs } from './document.ts';
export { parseMeasurements, parsePcr } from './measurements.ts';
export type {
  AttestationPolicy,
  ExpectedClientBinding,
  ExpectedMeasurements,
  HistoricClock,
  LiveClock,
  Waived,
} from './policy.ts';
export type { AttestationReport } from './report.ts';
export { parseTrustAnchor, type TrustAnchor } from './trust-anchor.ts';
export {
  type AttestationVerifier,
  createVerifier,
  parseAttestationDocument,
  type VerifierOptions,
} from './verifier.ts';
