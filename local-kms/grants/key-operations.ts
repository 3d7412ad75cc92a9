import { validationError } from '../errors.ts';
import type { KeyUsage } from '../keys/specs.ts';
import type { KeyRecord } from '../store/records.ts';
import type { GrantOperation } from './operations.ts';

const ON_EVERY_KEY: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey'];

const WITH_ANY_ENCRYPTION_KEY: readonly GrantOperation[] = [
  'Decrypt',
  'Encrypt',
  'ReEncryptFrom',
  'ReEncryptTo',
];

const WITH_A_SYMMETRIC_KEY: readonly GrantOperation[] = [
  ...WITH_ANY_ENCRYPTION_KEY,
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];

/** Of keys that are not SYMMETRIC_DEFAULT. */
const BY_USAGE: Readonly<Record<KeyUsage, readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: [...WITH_ANY_ENCRYPTION_KEY, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
};

/**
 * Checks that a key has the operations of a grant ("Grant operations", AWS KMS Developer Guide).
 *
 * @throws {KmsServiceError} ValidationException; only the text about CreateGrant is recorded from
 *   the service.
 */
export function checkGrantOperations(
  operations: readonly GrantOperation[],
  key: Pick<KeyRecord, 'keySpec' | 'keyUsage'>,
): void {
  if (operations.length === 0) throw validationError('Grants must contain at least one operation.');
  if (operations.every((operation) => operation === 'CreateGrant')) {
    throw validationError('Grants must not contain only the CreateGrant operation.');
  }
  const unfit = operations.filter((operation) => !isOperationOf(operation, key));
  if (unfit.length > 0) {
    throw validationError(
      `The grant operations ${[...new Set(unfit)].join(', ')} are not valid for a key with key spec ${key.keySpec} and key usage ${key.keyUsage}.`,
    );
  }
}

function isOperationOf(
  operation: GrantOperation,
  { keySpec, keyUsage }: Pick<KeyRecord, 'keySpec' | 'keyUsage'>,
): boolean {
  const own = keySpec === 'SYMMETRIC_DEFAULT' ? WITH_A_SYMMETRIC_KEY : BY_USAGE[keyUsage];
  return own.includes(operation) || ON_EVERY_KEY.includes(operation);
}
