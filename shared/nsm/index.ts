export { type AttestOptions, createNsmClient, type NsmClient } from './client.ts';
export { errorNameOfCode, type NsmErrorName } from './error-name.ts';
export { extendPcr } from './extend-pcr.ts';
export {
  MAX_ATTESTATION_FIELD_BYTES,
  MAX_RANDOM_BYTES,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  type Nsm,
  PCR_BYTES,
  PCR_COUNT,
} from './nsm.ts';
export { type AttestationFields, encodeRequest, type NsmRequest, parseRequest } from './request.ts';
export {
  encodeResponse,
  type NsmDescription,
  type NsmResponse,
  parseResponse,
} from './response.ts';
