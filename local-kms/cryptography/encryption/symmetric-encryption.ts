import {
  type EncryptionContext,
  encodeEncryptionContext,
  MAX_ENCRYPTION_CONTEXT_BYTES,
} from '../../../shared/kms/index.ts';
import type { Secret } from '../../../shared/secret.ts';
import type { Backend } from '../../backend.ts';
import { invalidCiphertext, validationError } from '../../errors.ts';
import { currentMaterial, openMaterial } from '../../keys/material.ts';
import type { KeyRecord } from '../../store/records.ts';
import { type CiphertextBlob, openBlob, sealBlob } from './ciphertext-blob.ts';

export interface SymmetricCiphertext {
  readonly ciphertext: Uint8Array;
  readonly keyMaterialId: string;
}

/**
 * Encrypts under the current material of a symmetric key.
 *
 * @throws {KmsServiceError} ValidationException for an encryption context that is too long.
 */
export function encryptUnder(
  backend: Backend,
  record: KeyRecord,
  plaintext: Uint8Array,
  encryptionContext: EncryptionContext | undefined,
): SymmetricCiphertext {
  const material = currentMaterial(record);
  const ciphertext = sealBlob({
    account: record.account,
    keyId: record.keyId,
    keyMaterialId: material.id,
    key: openMaterial(backend, record, material),
    plaintext,
    context: canonicalContext(encryptionContext),
    randomBytes: backend.randomBytes,
  });
  return { ciphertext, keyMaterialId: material.id };
}

/**
 * Decrypts a blob that names this key.
 *
 * @throws {KmsServiceError} InvalidCiphertextException, without saying why
 */
export function decryptUnder(
  backend: Backend,
  record: KeyRecord,
  blob: CiphertextBlob,
  encryptionContext: EncryptionContext | undefined,
): Secret {
  const context = canonicalContext(encryptionContext);
  const material = record.materials.find(({ id }) => id === blob.keyMaterialId);
  if (material === undefined) throw invalidCiphertext();
  const plaintext = openBlob({ blob, key: openMaterial(backend, record, material), context });
  if (plaintext === undefined) throw invalidCiphertext();
  return plaintext;
}

/**
 * Refuses a context that no ciphertext can be bound to, before anything is made under it.
 *
 * @throws {KmsServiceError} ValidationException
 */
export function checkEncryptionContext(context: EncryptionContext | undefined): void {
  canonicalContext(context);
}

function canonicalContext(context: EncryptionContext | undefined): Uint8Array {
  const bytes = encodeEncryptionContext(context ?? new Map());
  if (bytes === undefined) {
    throw validationError(
      `The encryption context is longer than ${MAX_ENCRYPTION_CONTEXT_BYTES} bytes.`,
    );
  }
  return bytes;
}
