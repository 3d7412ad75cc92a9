import { PolicyError } from '../../shared/errors.ts';
import type { KeyPermission, NamedKey } from '../config/keys.ts';

/** What every call on a key has. */
export interface CallOnKey {
  /** Its name in the configuration. */
  readonly key: string;
  /** With the pairs that the configuration requires of the key; more are welcome. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** From CreateGrant: they let a grant apply at once, that takes KMS up to five minutes otherwise. */
  readonly grantTokens?: readonly string[];
}

/** As the AWS SDK's `send` has it. */
export interface CallOptions {
  /** Aborted, it ends the request to KMS under way and lets none begin: the call fails with AbortError. */
  readonly abortSignal?: AbortSignal;
}

export interface PermittedCall {
  readonly key: NamedKey;
  /** As it was when it was checked; undefined if it is empty. */
  readonly encryptionContext: Readonly<Record<string, string>> | undefined;
  readonly grantTokens: string[] | undefined;
}

/**
 * Resolves the name of a key, for an operation with an encryption context that the configuration
 * permits on it. What else the call says is taken over.
 *
 * @throws {PolicyError} KEY_UNKNOWN, KEY_OPERATION, KEY_CONTEXT
 */
export function checkPermitted(
  keys: ReadonlyMap<string, NamedKey>,
  operation: KeyPermission,
  call: CallOnKey,
): PermittedCall {
  const details = { operation, key: call.key };
  const key = keys.get(call.key);
  if (key === undefined) {
    throw new PolicyError('KEY_UNKNOWN', 'the configuration names no such key', { details });
  }
  if (!key.operations.includes(operation)) {
    throw new PolicyError('KEY_OPERATION', `the key is not permitted ${operation}`, { details });
  }
  const encryptionContext = { ...call.encryptionContext };
  for (const [name, value] of Object.entries(key.encryptionContext)) {
    if (!Object.hasOwn(encryptionContext, name) || encryptionContext[name] !== value) {
      throw new PolicyError(
        'KEY_CONTEXT',
        `the encryption context lacks the ${name} that the configuration requires`,
        { details },
      );
    }
  }
  const isEmpty = Object.keys(encryptionContext).length === 0;
  return {
    key,
    encryptionContext: isEmpty ? undefined : encryptionContext,
    grantTokens: call.grantTokens && [...call.grantTokens],
  };
}
