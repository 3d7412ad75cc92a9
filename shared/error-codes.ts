/**
 * Every error code, by family, with what it means. Codes are public API: they are added, and never
 * change their meaning. docs/error-codes.md is made from this table.
 */

export const formatCodes = {
  INPUT_TOO_LARGE: 'A file or standard input is longer than the command reads.',
  HEX_SYNTAX: 'The text is not an even number of hexadecimal digits.',
  BASE64_SYNTAX: 'The text is not base64 with padding.',
  COSE_SIZE: 'The document is empty or longer than 32 KiB.',
  COSE_STRUCTURE: 'The document is not a COSE_Sign1 array of four items.',
  COSE_ALGORITHM: 'The protected header is not exactly the algorithm ES384.',
  COSE_UNPROTECTED: 'The unprotected header is not an empty map.',
  COSE_PAYLOAD: 'The payload of the document is missing, empty or too long.',
  COSE_SIGNATURE_LENGTH: 'The signature of the document does not have 96 bytes.',
  DOCUMENT_STRUCTURE: 'The payload is not a map.',
  DOCUMENT_KIND: 'The payload has neither pcrs nor nitrotpm_pcrs, or both.',
  DOCUMENT_FIELD_MISSING: 'The payload lacks a required field.',
  DOCUMENT_FIELD_UNKNOWN: 'The payload has a field that the specification does not know.',
  DOCUMENT_MODULE_ID: 'module_id is not a non-empty text.',
  DOCUMENT_DIGEST: 'digest is not SHA384.',
  DOCUMENT_TIMESTAMP: 'timestamp is not a time in milliseconds.',
  DOCUMENT_PCRS: 'The registers are not 1 to 32 values of 48 bytes with an index of 0 to 31.',
  DOCUMENT_CERTIFICATE: 'certificate is not 1 to 1024 bytes.',
  DOCUMENT_CABUNDLE: 'cabundle is not a non-empty list of 1 to 1024 bytes each.',
  DOCUMENT_PUBLIC_KEY: 'public_key is neither null nor at most 1024 bytes.',
  DOCUMENT_USER_DATA: 'user_data is neither null nor at most 1024 bytes.',
  DOCUMENT_NONCE: 'nonce is neither null nor at most 1024 bytes.',
  CERT_SYNTAX: 'A certificate is not X.509 version 3 in DER.',
  CERT_KEY: 'A certificate does not hold a key on P-384.',
  CERT_SIGNATURE: 'The signature of a certificate is not two integers of the size of the curve.',
  TRUST_ANCHOR_SYNTAX: 'A trust anchor is not one certificate in PEM or DER.',
  MEASUREMENTS_SYNTAX: 'Measurements are not registers in the form that nitro-cli prints.',
  CBOR_TOO_LARGE: 'The input is longer than the reader was told to accept.',
  CBOR_TOO_DEEP: 'Arrays and maps are nested deeper than the reader was told to accept.',
  CBOR_TRUNCATED: 'The input ends inside a data item.',
  CBOR_TRAILING: 'Bytes follow the data item.',
  CBOR_INDEFINITE: 'An indefinite length stands where only definite lengths are accepted.',
  CBOR_NOT_SHORTEST: 'An integer or a length is not in its shortest form.',
  CBOR_DUPLICATE_KEY: 'A map holds the same key twice.',
  CBOR_KEY: 'A map key is neither an integer nor a text string.',
  CBOR_UTF8: 'A text string is not valid UTF-8, or begins with a byte order mark.',
  CBOR_TAG: 'A tag stands where none is accepted.',
  CBOR_INTEGER_RANGE: 'An integer is beyond the range that is exact in JavaScript.',
  CBOR_UNSUPPORTED: 'A float, an undefined or a simple value other than false, true and null.',
  ASN1_TOO_LARGE: 'The input is longer than the reader was told to accept.',
  ASN1_TOO_DEEP: 'Values are nested deeper than the reader was told to accept.',
  ASN1_SYNTAX: 'The input is not one ASN.1 value in BER or DER.',
  ASN1_NOT_DER: 'The input is BER, but not in the one form that DER allows.',
  ASN1_UNEXPECTED: 'A value is missing, or is not of the type that the structure asks for.',
  CMS_STRUCTURE: 'The envelope has a member that a KMS recipient envelope never has, or lacks one.',
  CMS_VERSION: 'A CMS version is not 2.',
  CMS_CONTENT_TYPE: 'The CMS content type is not envelopedData around data.',
  CMS_RECIPIENTS: 'The envelope is not for exactly one recipient, named by its key identifier.',
  CMS_ALGORITHM: 'An algorithm is not the one of KMS: OAEP and MGF1 with SHA-256, AES-256-CBC.',
  CMS_LENGTH: 'An identifier, key, IV or ciphertext does not have the length that it must have.',
  CMS_TOO_LARGE: 'The plaintext does not fit in an envelope of 6144 bytes.',
  CMS_RECIPIENT_KEY: 'The recipient key is not an RSA SubjectPublicKeyInfo of 2048 to 4096 bits.',
  AGREEMENT_KEY_ALGORITHM: 'The public key is not one on an elliptic curve.',
  AGREEMENT_KEY_PARAMETERS:
    'The public key does not name its curve, but spells it out or omits it.',
  AGREEMENT_KEY_CURVE: 'The public key is on another curve than the one expected.',
  AGREEMENT_KEY_INFINITY: 'The public key is the point at infinity.',
  AGREEMENT_KEY_POINT: 'The public key is not a whole SEC 1 point, uncompressed or compressed.',
  AGREEMENT_KEY_NOT_ON_CURVE: 'The public key is not a point of its curve.',
  KDF_ALGORITHM: 'The key derivation or its hash is not one of those supported.',
  KDF_SECRET: 'The shared secret does not have the length that a curve gives it.',
  KDF_SALT: 'The salt is empty or too long, or not as long as the derivation has it.',
  KDF_FIXED_INFO: 'A field of FixedInfo is missing, empty or too long.',
  KDF_LENGTH: 'The derived key is shorter or longer than the derivation makes one.',
  KDF_ENCRYPTION_CONTEXT: 'The encryption context is too long, or not Unicode text.',
  FIXTURE_REQUEST: 'The request is not the body of a KMS call that carries the document.',
  FIXTURE_RECIPIENT: 'The envelope is not sealed to the public key of the document.',
  KEY_POLICY_TOO_LARGE: 'The policy document is longer than 32768 bytes.',
  KEY_POLICY_CHARACTER: 'The policy document holds a character beyond those that KMS accepts.',
  KEY_POLICY_TOO_DEEP: 'The policy document nests deeper than any policy does.',
  KEY_POLICY_JSON: 'The policy document is not JSON.',
  KEY_POLICY_DUPLICATE: 'The policy document gives a member of an object twice.',
  KEY_POLICY_ELEMENT: 'An element of the policy is unknown, missing, or of the wrong form.',
  KEY_POLICY_PRINCIPAL: 'A statement of the policy names no principal, or one that is none.',
  KEY_POLICY_ACTION: 'The policy names an action that has not the form of one.',
  KEY_POLICY_RESOURCE: 'The policy names a resource that has not the form of one.',
  KEY_POLICY_OPERATOR: 'The policy uses a condition operator that does not exist.',
  KEY_POLICY_VALUE: 'The policy holds a value that its condition operator cannot compare with.',
  KEY_POLICY_VARIABLE: 'The policy uses a policy variable, which is not supported.',
} as const;

export const verificationCodes = {
  PATH_LENGTH: 'The certificate path has more than five certificates.',
  PATH_ROOT: 'The certificate path does not begin with a pinned root.',
  PATH_ALGORITHM: 'A certificate is not signed with ecdsa-with-SHA384.',
  PATH_CRITICAL_EXTENSION: 'A certificate has a critical extension that is not known.',
  PATH_NAME: 'A certificate names another issuer than the certificate above it.',
  PATH_BASIC_CONSTRAINTS: 'An issuer is not a CA, or the leaf is one.',
  PATH_PATH_LENGTH: 'More certificates stand below one than its pathLen allows.',
  PATH_KEY_USAGE: 'A key may not be used for what it was used for.',
  PATH_NOT_YET_VALID: 'A certificate was not yet valid at the time of judgement.',
  PATH_EXPIRED: 'A certificate was no longer valid at the time of judgement.',
  PATH_SIGNATURE: 'A certificate was not signed by the one above it.',
  COSE_SIGNATURE: 'The signature of the document does not hold.',
} as const;

export const policyCodes = {
  POLICY_ISSUED_OUTSIDE_LEAF: 'The document was made while its leaf certificate was not valid.',
  POLICY_TOO_OLD: 'The document is older than accepted.',
  POLICY_FROM_FUTURE: 'The document is further ahead of the clock than accepted.',
  POLICY_DEBUG: 'The enclave runs in debug mode, or debug measurements are expected.',
  POLICY_KIND: 'No measurements are accepted from a document of this kind.',
  POLICY_MEASUREMENTS: 'The registers are those of no accepted set.',
  POLICY_NONCE: 'The nonce is not the one expected.',
  POLICY_PUBLIC_KEY: 'public_key is not the one expected.',
  POLICY_USER_DATA: 'user_data is not the one expected.',
  POLICY_MODULE_ID: 'The module is another one.',
  POLICY_INSTANCE_ID: 'PCR4 is not that of the parent instance expected.',
  POLICY_ROLE: 'PCR3 is not that of the role expected.',
  CALLER_DENIED: 'The configuration of the enclave does not permit the caller this call.',
  CALLER_ENCRYPTION_CONTEXT:
    'The encryption context of the call lacks what the configuration of the enclave requires.',
  POLICY_SIGNING_CERTIFICATE: 'PCR8 is not that of the signing certificate expected.',
} as const;

export const unwrapCodes = {
  UNWRAP_RECIPIENT: 'The envelope is sealed to another key.',
  UNWRAP_FAILED: 'The envelope does not open with this key.',
  UNWRAP_KEY_GONE:
    'The recipient key was let go of: by its call, or since too many envelopes did not open.',
  UNWRAP_RING_CLOSED: 'The recipient key ring was closed.',
} as const;

export const kmsCodes = {
  KMS_RECIPIENT_GIVEN: 'The call brings a Recipient of its own.',
  KMS_KEY_NOT_NAMED: 'An attested call does not name its key by key ARN or key id.',
  KMS_OTHER_KEY: 'KMS answered for another key than the one asked for.',
  KMS_TRANSPORT: 'An attested call would have left over something other than TLS.',
  KMS_PLAINTEXT_ANSWERED: 'KMS answered in clear although a Recipient was sent.',
  KMS_ANSWER_TOO_LARGE: 'KMS answered with more than is accepted.',
  KMS_ANSWER_FORMAT: 'The answer is not one of KMS: no JSON object, or an error without a name.',
  KMS_ENVELOPE_MISSING: 'KMS answered without CiphertextForRecipient.',
} as const;

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
  NSM_EMPTY_REQUEST: 'The request is empty: a device that is given one answers nothing any more.',
  NSM_TIMEOUT: 'The secure module did not answer in the time allowed.',
  NSM_STALLED: 'An earlier call to the secure module is past its time and has not come back.',
  NSM_DEVICE_UNAVAILABLE:
    'There is no secure module at the path, or no native library to call it with.',
  NSM_DEVICE_DENIED: 'This user may not use the secure module.',
  NSM_DEVICE_FOREIGN: 'What stands at the path is not a secure module.',
} as const;

export const transportCodes = {
  TLS_REFUSED: 'The server behind the parent is not KMS by the trusted roots, or speaks no TLS.',
  PARENT_CREDENTIALS_UNAVAILABLE: 'The parent does not serve credentials.',
  PARENT_CREDENTIALS_EXPIRED: 'The parent serves credentials that are past their expiration.',
  TRANSPORT_TIMEOUT: 'The peer did not answer in the time allowed.',
  TRANSPORT_REFUSED: 'Nobody answers at the address.',
  TRANSPORT_UNREACHABLE: 'There is no way to the address, or its host name has no address.',
  TRANSPORT_LOST: 'The connection broke before both sides had ended it.',
  TRANSPORT_IDLE: 'Nothing was sent on the connection for the time allowed.',
  TRANSPORT_LIMIT: 'As many connections are open as the listener admits.',
  TRANSPORT_PEER: 'The connection comes from a virtual machine that the listener does not serve.',
  TRANSPORT_FOREIGN_REQUEST: 'The request is for another host, or comes from a web page.',
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
  POLICY_INCOMPLETE: 'The attestation policy leaves an expectation open.',
  ADDRESS_SYNTAX: 'The address is not vsock://CID:PORT, unix:PATH or tcp://HOST:PORT.',
  ADDRESS_RANGE: 'A number of the address is beyond what the kind of address has room for.',
  ADDRESS_PATH: 'The path of a Unix socket is empty, too long or holds a zero byte.',
  ADDRESS_LISTEN_ONLY: 'The address stands for any CID or port, so it cannot be connected to.',
  CONFIG_PROFILE: 'The configuration asks for something that its profile does not permit.',
  CONFIG_ENVIRONMENT: 'A variable of the environment could loosen the configuration.',
  CONFIG_TLS_ROOTS:
    'A root certificate that KMS needs is not in this Node, or not in the file named.',
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
  CALLER_FILE: 'The credentials file of a caller cannot be written.',
  CALLER_FILE_OWNER: 'The credentials file of a caller cannot be given to its user.',
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
  LOCAL_KMS_LOCKED: 'Another process has the store of the local KMS open.',
  LOCAL_KMS_AUDIT: 'The audit log of the local KMS cannot be written.',
} as const;

export const readinessCodes = {
  READY_NOT_CHECKED: 'The check has not been made yet.',
  READY_LOOPBACK: 'The loopback interface is down and cannot be brought up.',
  READY_ENTROPY: 'The kernel does not take its randomness from the Nitro secure module.',
  READY_CLOCK: 'The clock is not to be had from the secure module, or is far off its time.',
  READY_DOCUMENT: 'The secure module gives no document, or one that cannot be read.',
  READY_DEBUG_PCRS: 'The enclave runs in debug mode: its image is not measured.',
  READY_CREDENTIALS: 'The parent serves no credentials, or expired ones.',
  READY_SELF_TEST: 'The attested call of the self-test did not succeed.',
} as const;

export type FormatCode = keyof typeof formatCodes;
export type VerificationCode = keyof typeof verificationCodes;
export type PolicyCode = keyof typeof policyCodes;
export type UnwrapCode = keyof typeof unwrapCodes;
export type KmsCode = keyof typeof kmsCodes;
export type NsmCode = keyof typeof nsmCodes;
export type TransportCode = keyof typeof transportCodes;
export type ConfigCode = keyof typeof configCodes;
export type ReadinessCode = keyof typeof readinessCodes;
