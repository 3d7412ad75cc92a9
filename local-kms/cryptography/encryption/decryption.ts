import { KmsServiceError } from '../../../shared/kms/index.ts';
import type { Secret } from '../../../shared/secret.ts';
import type { Backend } from '../../backend.ts';
import { invalidCiphertext, validationError } from '../../errors.ts';
import { checkKeyUsage } from '../../keys/check-usage.ts';
import { findKey, findKeyOfBlob } from '../../keys/lookup.ts';
import type { KeyRecord } from '../../store/records.ts';
import { decryptFrom } from './asymmetric-encryption.ts';
import { type CiphertextBlob, parseBlob } from './ciphertext-blob.ts';
import { checkEncryption, type Encryption } from './encryption.ts';
import { type EncryptionAlgorithm, SYMMETRIC_DEFAULT } from './encryption-algorithms.ts';
import { decryptUnder } from './symmetric-encryption.ts';

export interface Decrypted {
  readonly plaintext: Secret;
  /** Of symmetric keys only. */
  readonly keyMaterialId?: string;
}

/**
 * The key that is to decrypt: the one that the caller names, whatever the ciphertext says. Without
 * a name it is the one that a symmetric ciphertext says; without a ciphertext it must be named.
 *
 * @throws {KmsServiceError} NotFoundException, AccessDeniedException, InvalidCiphertextException,
 *   ValidationException
 */
export function findDecryptionKey(
  backend: Backend,
  keyId: string | undefined,
  algorithm: EncryptionAlgorithm,
  ciphertext: Uint8Array | undefined,
): KeyRecord {
  if (keyId !== undefined) return findKey(backend, keyId);
  if (ciphertext === undefined) {
    throw validationError('A key must be specified if the ciphertext is ignored.');
  }
  if (algorithm !== SYMMETRIC_DEFAULT) {
    throw validationError(`A key must be specified for algorithm ${algorithm}.`);
  }
  return findKeyOfBlob(backend, blobOf(ciphertext));
}

/**
 * Refuses a ciphertext that another key has made, and a key or an algorithm that does not decrypt.
 * Without a ciphertext there is only the latter to refuse.
 *
 * @param operation - for the message.
 * @throws {KmsServiceError} InvalidCiphertextException, IncorrectKeyException,
 *   InvalidKeyUsageException, ValidationException
 */
export function checkDecryption(
  operation: string,
  encryption: Encryption,
  ciphertext: Uint8Array | undefined,
): void {
  const { key, algorithm } = encryption;
  // In this order: a key that did not make the ciphertext is the wrong one, whatever its usage.
  if (algorithm === SYMMETRIC_DEFAULT && ciphertext !== undefined) {
    if (blobOf(ciphertext).keyId !== key.keyId) {
      throw new KmsServiceError(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
  }
  checkKeyUsage('ENCRYPT_DECRYPT', key, operation);
  checkEncryption(encryption);
}

/**
 * Decrypts what {@link checkDecryption} has passed. The caller disposes of the plaintext.
 *
 * @throws {KmsServiceError} InvalidCiphertextException, without saying why
 */
export function decryptWith(
  backend: Backend,
  { key, algorithm, encryptionContext }: Encryption,
  ciphertext: Uint8Array,
): Decrypted {
  if (algorithm !== SYMMETRIC_DEFAULT) {
    return { plaintext: decryptFrom(backend, key, algorithm, ciphertext) };
  }
  const blob = blobOf(ciphertext);
  const plaintext = decryptUnder(backend, key, blob, encryptionContext);
  return { plaintext, keyMaterialId: blob.keyMaterialId };
}

function blobOf(ciphertext: Uint8Array): CiphertextBlob {
  const blob = parseBlob(ciphertext);
  if (blob === undefined) throw invalidCiphertext();
  return blob;
}
