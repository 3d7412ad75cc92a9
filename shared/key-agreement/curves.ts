/**
 * The curves of KMS key agreement keys, by key spec.
 *
 * `coordinateBytes` is the length of a field element, and so of the shared secret: SP 800-56A
 * section 5.7.1.2 answers the x coordinate at its full length, leading zeros included.
 */
export const AGREEMENT_CURVES = {
  ECC_NIST_P256: { namedCurve: 'prime256v1', oid: '1.2.840.10045.3.1.7', coordinateBytes: 32 },
  ECC_NIST_P384: { namedCurve: 'secp384r1', oid: '1.3.132.0.34', coordinateBytes: 48 },
  ECC_NIST_P521: { namedCurve: 'secp521r1', oid: '1.3.132.0.35', coordinateBytes: 66 },
  SM2: { namedCurve: 'SM2', oid: '1.2.156.10197.1.301', coordinateBytes: 32 },
} as const;

export type AgreementSpec = keyof typeof AGREEMENT_CURVES;
