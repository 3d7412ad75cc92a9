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
  KEY_POLICY_TOO_LARGE: 'The policy document is longer than 32768 bytes.',
  KEY_POLICY_CHARACTER: 'The policy document holds a character beyond those that KMS accepts.',
  KEY_POLICY_TOO_DEEP: 'The policy document nests deeper than any policy does.',
  KEY_POLICY_JSON: 'The policy document is not JSON.',
  KEY_POLICY_DUPLICATE: 'The policy document gives a member of an object twice.',
  KEY_POLICY_ELEMENT: 'An element of the policy is unknown, missing, or of the wrong form.',
  KEY_POLICY_PRINCIPAL: 'The policy names a principal that is none.',
  KEY_POLICY_ACTION: 'The policy names an action that has not the form of one.',
  KEY_POLICY_RESOURCE: 'The policy names a resource that has not the form of one.',
  KEY_POLICY_OPERATOR: 'The policy uses a condition operator that does not exist.',
  KEY_POLICY_VALUE: 'The policy holds a value that its condition operator cannot compare with.',
  KEY_POLICY_VARIABLE: 'The policy uses a policy variable, which is not supported.',
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

export const transportCodes = {
  TRANSPORT_TIMEOUT: 'The peer did not answer in the time allowed.',
  TRANSPORT_REFUSED: 'Nobody answers at the address.',
  TRANSPORT_UNREACHABLE: 'There is no way to the address, or its host name has no address.',
  TRANSPORT_LOST: 'The connection broke before both sides had ended it.',
  TRANSPORT_IDLE: 'Nothing was sent on the connection for the time allowed.',
  TRANSPORT_LIMIT: 'As many connections are open as the listener admits.',
  TRANSPORT_ABORTED: 'The caller gave the connection up, or the listener was stopped.',
  TRANSPORT_ADDRESS_IN_USE: 'Another process answers at the address, or a file stands there.',
  TRANSPORT_ADDRESS_LEFTOVER: 'A socket file that nobody answers on stands at the address.',
  TRANSPORT_ADDRESS_UNAVAILABLE: 'The address is not one that this process can listen on.',
  TRANSPORT_VSOCK_UNAVAILABLE: 'This machine has no AF_VSOCK, or no native library for it.',
  TRANSPORT_FAILED: 'The operating system refused for a reason that has no code of its own.',
  IMDS_STATUS: 'The instance metadata service answered with an HTTP status that is not success.',
  IMDS_TOO_LARGE: 'The instance metadata service answered with more than is accepted.',
  IMDS_FORMAT: 'The instance metadata service answered with something that is not as documented.',
} as const;

export const configCodes = {
  ADDRESS_SYNTAX: 'The address is not vsock://CID:PORT, unix:PATH or tcp://HOST:PORT.',
  ADDRESS_RANGE: 'A number of the address is beyond what the kind of address has room for.',
  ADDRESS_PATH: 'The path of a Unix socket is empty, too long or holds a zero byte.',
  ADDRESS_LISTEN_ONLY: 'The address stands for any CID or port, so it cannot be connected to.',
  CONFIG_UNREADABLE: 'The file cannot be read.',
  CONFIG_TOO_LARGE: 'The file is longer than is accepted.',
  CONFIG_SYNTAX: 'The file is not one YAML or JSON document.',
  CONFIG_UNKNOWN_KEY: 'The file holds a key that has no meaning there.',
  CONFIG_INVALID: 'A value is missing from the file, or is not one that is accepted there.',
  ALLOWLIST_FORMAT: 'The allowlist is not a list of addresses with ports under `allowlist`.',
  ALLOWLIST_DENIED: 'The destination is not in the allowlist.',
  CREDENTIALS_UNREADABLE: 'The credentials file cannot be read.',
  CREDENTIALS_FILE_MODE: 'The credentials file can be read or written by other users.',
  CREDENTIALS_FORMAT: 'The credentials are not JSON with the members that AWS documents.',
  CREDENTIALS_EXPIRED: 'The credentials are past their expiration.',
  PKI_FILE: 'A file of a development authority cannot be read or written.',
  PKI_DAMAGED: 'A file of a development authority does not hold the key or certificate expected.',
  PKI_KEY_MISSING: 'The certificate of a development authority is there, but its key is not.',
  PKI_KEY_MISMATCH: 'Key and certificate of a development authority do not belong together.',
  PKI_NOT_VALID_NOW: 'The certificate of a development authority is expired or not yet valid.',
  PKI_SERVER_NAME: 'A server certificate is asked for no name, or for one that is none.',
  SOFTWARE_NSM_OPTION: 'An option of the software NSM does not have the form that it must have.',
  LOCAL_KMS_STORE:
    'The store of the local KMS cannot be opened, or holds a record of no known form.',
  LOCAL_KMS_MASTER_KEY: 'The master key of the local KMS is not the one that its store is under.',
} as const;

export type FormatCode = keyof typeof formatCodes;
export type VerificationCode = keyof typeof verificationCodes;
export type PolicyCode = keyof typeof policyCodes;
export type UnwrapCode = keyof typeof unwrapCodes;
export type KmsCode = keyof typeof kmsCodes;
export type NsmCode = keyof typeof nsmCodes;
export type TransportCode = keyof typeof transportCodes;
export type ConfigCode = keyof typeof configCodes;
