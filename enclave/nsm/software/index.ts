export { createDocumentChain, type DocumentChain } from './certificates.ts';
export { type DocumentPayload, encodePayload, signDocument } from './document.ts';
export type { SoftwareNsmOptions } from './options.ts';
export { createSoftwareNsm } from './software-nsm.ts';
