export { AGREEMENT_CURVES, type AgreementSpec } from './curves.ts';
export { compressAgreementPublicKey, parseAgreementPublicKey } from './public-key.ts';
