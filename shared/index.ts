export * from './attestation/node.ts';
export {
  type OpenEnvelopeOptions,
  openEnvelope,
  parseEnvelope,
  recipientIdOf,
  type SealEnvelopeOptions,
  sealEnvelope,
} from './cms/index.ts';
export {
  BrokerError,
  ConfigError,
  FormatError,
  KmsError,
  NsmError,
  PolicyError,
  TransportError,
  UnwrapError,
  VerificationError,
} from './errors.ts';
export { Secret } from './secret.ts';
