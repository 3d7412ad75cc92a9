import { KmsServiceError } from '../../shared/kms/index.ts';

const MAX_KEY_ID_CHARACTERS = 2048;

/**
 * The key ARN that a request means by its `KeyId`.
 *
 * Aliases are refused: they are resolved in whatever account the credentials are of, and those come
 * from the parent. A key id is taken for the ARN of the configuration that it ends; one that ends
 * none stays as it is, and is permitted to nobody. A Decrypt need not name its key where the caller
 * may decrypt by one only; KMS would find it in the ciphertext, which anyone may have made.
 *
 * @throws {KmsServiceError} ValidationException
 */
export function namedKeyArn(options: {
  readonly operation: string;
  readonly keyId: string | undefined;
  /** ARNs that the caller may use by the operation. */
  readonly permitted: readonly string[];
  /** All ARNs of the configuration. */
  readonly configured: readonly string[];
}): string | undefined {
  const { operation, keyId, permitted, configured } = options;
  if (keyId === undefined) {
    if (operation !== 'Decrypt') {
      throw invalid(
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
      );
    }
    if (permitted.length > 1) {
      throw invalid(
        'Decrypt needs a KeyId here, since several keys are permitted: set it to the ARN of the key.',
      );
    }
    return permitted[0];
  }
  if (keyId.length > MAX_KEY_ID_CHARACTERS) {
    throw invalid(
      `1 validation error detected: Value at 'keyId' failed to satisfy constraint: Member must have length less than or equal to ${MAX_KEY_ID_CHARACTERS}`,
    );
  }
  if (/^(?:arn:.*:)?alias\//s.test(keyId)) {
    throw invalid('An alias can be made to name another key: set KeyId to the ARN of the key.');
  }
  return onlyOne(configured.filter((arn) => arn.endsWith(`:key/${keyId}`))) ?? keyId;
}

/** A key id is unique over all accounts; where the configuration has it otherwise, it says nothing. */
function onlyOne(arns: readonly string[]): string | undefined {
  const distinct = [...new Set(arns)];
  return distinct.length === 1 ? distinct[0] : undefined;
}

function invalid(message: string): KmsServiceError {
  return new KmsServiceError('ValidationException', message);
}
