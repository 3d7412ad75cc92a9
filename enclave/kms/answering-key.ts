import { KmsError } from '../../shared/errors.ts';

/**
 * Checks that an answer is about the key that was asked for.
 *
 * A key id is unique over all accounts. KMS answers the ARN; of DeriveSharedSecret AWS's own example
 * shows the bare id.
 *
 * @throws {KmsError} KMS_OTHER_KEY
 */
export function checkAnsweringKey(operation: string, asked: string, answered: unknown): void {
  if (asked === answered || idOf(asked) === answered || asked === idOf(answered)) return;
  throw new KmsError('KMS_OTHER_KEY', `${operation} was answered for another key than asked for`, {
    details: { operation, asked, answered: typeof answered === 'string' ? answered : null },
  });
}

function idOf(key: unknown): string | undefined {
  return typeof key === 'string' ? key.slice(key.lastIndexOf('/') + 1) : undefined;
}
