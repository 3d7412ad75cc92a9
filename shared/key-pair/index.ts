export type { KeyPairForm } from './form.ts';
export { isKeyPair } from './pairwise.ts';
export { checkPkcs8 } from './pkcs8.ts';
export { checkSpki } from './spki.ts';
