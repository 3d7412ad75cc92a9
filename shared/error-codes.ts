/**
 * Every error code, by family, with what it means. Codes are public API: they are added, and never
 * change their meaning. docs/error-codes.md is made from this table.
 */

export const formatCodes = {
  CBOR_TOO_LARGE: 'The input is longer than the reader was told to accept.',
  CBOR_TOO_DEEP: 'Arrays and maps are nested deeper than the reader was told to accept.',
  CBOR_TRUNCATED: 'The input ends inside a data item.',
  CBOR_TRAILING: 'Bytes follow the data item.',
  CBOR_INDEFINITE: 'An indefinite length stands where only definite lengths are accepted.',
  CBOR_NOT_SHORTEST: 'An integer or a length is not in its shortest form.',
  CBOR_DUPLICATE_KEY: 'A map holds the same key twice.',
  CBOR_KEY: 'A map key is neither an integer nor a text string.',
  CBOR_UTF8: 'A text string is not valid UTF-8.',
  CBOR_TAG: 'A tag stands where none is accepted.',
  CBOR_INTEGER_RANGE: 'An integer is beyond the range that is exact in JavaScript.',
  CBOR_UNSUPPORTED: 'A float, an undefined or a simple value other than false, true and null.',
  ASN1_TOO_LARGE: 'The input is longer than the reader was told to accept.',
  ASN1_TOO_DEEP: 'Values are nested deeper than the reader was told to accept.',
  ASN1_SYNTAX: 'The input is not one ASN.1 value in BER or DER.',
  ASN1_NOT_DER: 'The input is BER, but not in the one form that DER allows.',
  ASN1_UNEXPECTED: 'A value is missing, or is not of the type that the structure asks for.',
} as const;

export const verificationCodes = {} as const;

export const policyCodes = {} as const;

export const unwrapCodes = {} as const;

export const kmsCodes = {} as const;

export const nsmCodes = {
  NSM_INVALID_ARGUMENT: 'The secure module refused an argument, or it is beyond its range.',
  NSM_INVALID_INDEX: 'The secure module has no register of this index.',
  NSM_INVALID_RESPONSE: 'The answer of the secure module is not the answer to the request.',
  NSM_READ_ONLY_INDEX: 'The register is locked.',
  NSM_INVALID_OPERATION: 'The secure module does not know the request.',
  NSM_BUFFER_TOO_SMALL: 'The answer does not fit the buffer that the secure module was given.',
  NSM_INPUT_TOO_LARGE: 'The request or one of its fields is longer than the secure module takes.',
  NSM_INTERNAL_ERROR: 'The secure module failed.',
  NSM_CLOSED: 'The secure module was closed before the request.',
} as const;

export const transportCodes = {} as const;

export const configCodes = {
  PKI_FILE: 'A file of a development authority cannot be read or written.',
  PKI_DAMAGED: 'A file of a development authority does not hold the key or certificate expected.',
  PKI_KEY_MISSING: 'The certificate of a development authority is there, but its key is not.',
  PKI_KEY_MISMATCH: 'Key and certificate of a development authority do not belong together.',
  PKI_NOT_VALID_NOW: 'The certificate of a development authority is expired or not yet valid.',
  SOFTWARE_NSM_OPTION: 'An option of the software NSM does not have the form that it must have.',
} as const;

export type FormatCode = keyof typeof formatCodes;
export type VerificationCode = keyof typeof verificationCodes;
export type PolicyCode = keyof typeof policyCodes;
export type UnwrapCode = keyof typeof unwrapCodes;
export type KmsCode = keyof typeof kmsCodes;
export type NsmCode = keyof typeof nsmCodes;
export type TransportCode = keyof typeof transportCodes;
export type ConfigCode = keyof typeof configCodes;
