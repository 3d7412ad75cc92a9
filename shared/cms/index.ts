export type { ContentForm } from './encode.ts';
export type { Envelope } from './layout.ts';
export { type OpenEnvelopeOptions, openEnvelope } from './open.ts';
export { createEnvelopeOpener, type EnvelopeOpener, type EnvelopeOpenerOptions } from './opener.ts';
export { parseEnvelope } from './parse.ts';
export { recipientIdOf } from './recipient-id.ts';
export { importRecipientKey, type RecipientKey } from './recipient-key.ts';
export {
  type SealEnvelopeOptions,
  type SealToKeyOptions,
  sealEnvelope,
  sealToKey,
} from './seal.ts';
