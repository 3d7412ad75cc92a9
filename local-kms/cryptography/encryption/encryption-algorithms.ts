/** Every encryption algorithm of the API, in the order in which the service lists them. */
export const ENCRYPTION_ALGORITHMS = [
  'SYMMETRIC_DEFAULT',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'SM2PKE',
] as const;

export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

/** Of a request that names none, and of every symmetric key. */
export const SYMMETRIC_DEFAULT = 'SYMMETRIC_DEFAULT';

export type AsymmetricAlgorithm = Exclude<EncryptionAlgorithm, typeof SYMMETRIC_DEFAULT>;
