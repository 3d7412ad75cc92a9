import { encryptionContextEntries, type RequestContext } from '../../shared/key-policy/index.ts';
import type { EncryptionContext } from '../../shared/kms/index.ts';
import type { EncryptionAlgorithm } from '../cryptography/encryption/encryption-algorithms.ts';
import { checkEncryptionContext } from '../cryptography/encryption/symmetric-encryption.ts';
import { conditionKeys } from './operation.ts';

/**
 * The condition keys of whatever encrypts or decrypts. A context that is too long is refused before
 * any policy is held against it: a wildcard costs the product of both lengths.
 *
 * @throws {KmsServiceError} ValidationException
 */
export function encryptionConditions(
  algorithm: EncryptionAlgorithm,
  encryptionContext: EncryptionContext | undefined,
): RequestContext {
  checkEncryptionContext(encryptionContext);
  return new Map([
    ...conditionKeys({ 'kms:EncryptionAlgorithm': algorithm }),
    ...encryptionContextEntries(encryptionContext ?? new Map()),
  ]);
}
