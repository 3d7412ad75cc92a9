import { MAX_CIPHERTEXT_BLOB_BYTES } from '../cryptography/encryption/ciphertext-blob.ts';
import { validationError } from '../errors.ts';
import { optional } from '../schema/shape.ts';

/** The ciphertext of Decrypt and ReEncrypt, which a DryRun may leave out. */
export const CIPHERTEXT = {
  CiphertextBlob: optional({ type: 'blob', min: 1, max: MAX_CIPHERTEXT_BLOB_BYTES }),
  DryRunModifiers: optional({
    type: 'list',
    of: { type: 'string', values: ['IGNORE_CIPHERTEXT'] },
  }),
} as const;

interface CiphertextRequest {
  readonly CiphertextBlob: Uint8Array | undefined;
  readonly DryRun: boolean | undefined;
  readonly DryRunModifiers: readonly 'IGNORE_CIPHERTEXT'[] | undefined;
}

/** @throws {KmsServiceError} ValidationException if there is none. */
export function ciphertextOf({ CiphertextBlob }: CiphertextRequest): Uint8Array {
  if (CiphertextBlob !== undefined) return CiphertextBlob;
  throw validationError(
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
  );
}

/**
 * The ciphertext that is to be checked: undefined in a DryRun that asks for permissions alone.
 *
 * @throws {KmsServiceError} as {@link ciphertextOf}
 */
export function checkedCiphertextOf(request: CiphertextRequest): Uint8Array | undefined {
  const { DryRun, DryRunModifiers } = request;
  const isIgnored = DryRun === true && DryRunModifiers?.includes('IGNORE_CIPHERTEXT');
  return isIgnored ? undefined : ciphertextOf(request);
}
