export {
  type ClientAttester,
  type ClientAttesterOptions,
  type ClientDocument,
  type ClientNsm,
  type ClientRequest,
  createClientAttester,
  MAX_CLIENT_NONCE_BYTES,
} from './client-attester.ts';
