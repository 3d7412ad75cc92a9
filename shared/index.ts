export * from './attestation/node.ts';
export {
  type OpenEnvelopeOptions,
  openEnvelope,
  parseEnvelope,
  recipientIdOf,
  type SealEnvelopeOptions,
  sealEnvelope,
} from './cms/index.ts';
export { KmsError, NsmError, TransportError, UnwrapError } from './errors.ts';
export { Secret } from './secret.ts';
