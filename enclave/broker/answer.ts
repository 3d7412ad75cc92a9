import { KmsError } from '../../shared/errors.ts';
import type { RecipientOperation } from '../../shared/kms/index.ts';
import { Secret } from '../../shared/secret.ts';

/**
 * A member that every answer of the operation has.
 *
 * @throws {KmsError} KMS_ANSWER_INCOMPLETE
 */
export function requireBytes(
  operation: RecipientOperation,
  member: string,
  value: Uint8Array | undefined,
): Uint8Array {
  if (value instanceof Uint8Array && value.length > 0) return value;
  throw new KmsError('KMS_ANSWER_INCOMPLETE', `${operation} was answered without ${member}`, {
    details: { operation, member },
  });
}

/**
 * Takes over the plaintext that the plugin has put into an answer, and wipes it if the rest of the
 * answer is not acceptable.
 *
 * @throws {KmsError} KMS_ANSWER_INCOMPLETE, and what `accept` throws
 */
export function takePlaintext<Result>(
  operation: RecipientOperation,
  plaintext: Uint8Array | undefined,
  accept: (secret: Secret) => Result,
): Result {
  const secret = new Secret(requireBytes(operation, 'its plaintext', plaintext));
  try {
    return accept(secret);
  } catch (error) {
    secret.dispose();
    throw error;
  }
}

/** @throws {KmsError} KMS_ANSWER_LENGTH */
export function checkLength(operation: RecipientOperation, secret: Secret, asked: number): void {
  if (secret.length === asked) return;
  throw new KmsError(
    'KMS_ANSWER_LENGTH',
    `${operation} was answered with ${secret.length} bytes, expected ${asked}`,
    { details: { operation, asked, answered: secret.length } },
  );
}

/**
 * Checks that an answer names the ARN that was asked for. The plugin has compared it already, but
 * takes a bare key id as well, which only DeriveSharedSecret has a reason to answer.
 *
 * @throws {KmsError} KMS_OTHER_KEY
 */
export function checkKeyArn(
  operation: RecipientOperation,
  asked: string,
  answered: string | undefined,
): void {
  if (answered === asked) return;
  throw new KmsError('KMS_OTHER_KEY', `${operation} was not answered for the ARN asked for`, {
    details: { operation, asked, answered: answered ?? null },
  });
}
