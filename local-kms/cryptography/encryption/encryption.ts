import type { EncryptionContext } from '../../../shared/kms/index.ts';
import type { Backend } from '../../backend.ts';
import { validationError } from '../../errors.ts';
import type { KeyRecord } from '../../store/records.ts';
import { checkAlgorithm } from '../algorithm.ts';
import { encryptTo, maxPlaintextBytes } from './asymmetric-encryption.ts';
import { type EncryptionAlgorithm, SYMMETRIC_DEFAULT } from './encryption-algorithms.ts';
import {
  checkEncryptionContext,
  encryptUnder,
  type SymmetricCiphertext,
} from './symmetric-encryption.ts';

/** How something is to be encrypted, or was. */
export interface Encryption {
  readonly key: KeyRecord;
  readonly algorithm: EncryptionAlgorithm;
  readonly encryptionContext: EncryptionContext | undefined;
}

export type Ciphertext = Pick<SymmetricCiphertext, 'ciphertext'> & Partial<SymmetricCiphertext>;

/**
 * Refuses an algorithm that is not the key's, and an encryption context that is too long, or that
 * there is at all where nothing can be bound to it.
 *
 * @throws {KmsServiceError} InvalidKeyUsageException, ValidationException
 */
export function checkEncryption({ key, algorithm, encryptionContext }: Encryption): void {
  checkAlgorithm(algorithm, key);
  checkEncryptionContext(encryptionContext);
  if (algorithm !== SYMMETRIC_DEFAULT && (encryptionContext?.size ?? 0) > 0) {
    throw validationError(`Algorithm ${algorithm} does not support an encryption context.`);
  }
}

/**
 * Refuses a plaintext that is too long for the key; a symmetric key takes what the API takes.
 *
 * @throws {KmsServiceError} ValidationException
 */
export function checkPlaintextLength({ key, algorithm }: Encryption, length: number): void {
  if (algorithm === SYMMETRIC_DEFAULT) return;
  const max = maxPlaintextBytes(key, algorithm);
  if (length > max) {
    throw validationError(
      `Algorithm ${algorithm} and key spec ${key.keySpec} cannot encrypt data larger than ${max} bytes.`,
    );
  }
}

/** Encrypts what {@link checkEncryption} and {@link checkPlaintextLength} have passed. */
export function encryptWith(
  backend: Backend,
  { key, algorithm, encryptionContext }: Encryption,
  plaintext: Uint8Array,
): Ciphertext {
  return algorithm === SYMMETRIC_DEFAULT
    ? encryptUnder(backend, key, plaintext, encryptionContext)
    : { ciphertext: encryptTo(backend, key, algorithm, plaintext) };
}
