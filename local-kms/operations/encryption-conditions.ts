import { encryptionContextEntries, type RequestContext } from '../../shared/key-policy/index.ts';
import type { EncryptionContext } from '../../shared/kms/index.ts';
import type { EncryptionAlgorithm } from '../keys/encryption-algorithms.ts';
import { conditionKeys } from './operation.ts';

/** The condition keys of whatever encrypts or decrypts. */
export function encryptionConditions(
  algorithm: EncryptionAlgorithm,
  encryptionContext: EncryptionContext | undefined,
): RequestContext {
  return new Map([
    ...conditionKeys({ 'kms:EncryptionAlgorithm': algorithm }),
    ...encryptionContextEntries(encryptionContext ?? new Map()),
  ]);
}
