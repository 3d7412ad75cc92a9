import { PolicyError } from '../../shared/errors.ts';
import type { EncryptionContext } from '../../shared/kms/index.ts';
import { type CallerConfig, operationOnKey } from '../config/callers.ts';
import type { NamedKey } from '../config/keys.ts';

/** A call that a caller asks for. */
export interface RequestedCall {
  /** Of KMS, or `DeriveKey` of the broker API. */
  readonly operation: string;
  /** Absent for GenerateRandom, which uses no key. */
  readonly keyArn?: string | undefined;
  /** Of operations that have none, and of calls without one: empty, or absent. */
  readonly encryptionContext?: EncryptionContext;
}

/** One key that a caller may use, by which operations, and with what in the encryption context. */
export interface Permission {
  /** Of the configuration. */
  readonly keyName: string;
  readonly keyArn: string;
  readonly operations: readonly string[];
  /** What the key requires and what the permission requires: both must hold. */
  readonly required: readonly (readonly [name: string, value: string])[];
}

/** What one caller may do: nothing but this. */
export interface Permissions {
  readonly generateRandom: boolean;
  readonly keys: readonly Permission[];
}

/** Resolves the names of keys. The configuration was checked to have them all. */
export function permissionsOf(
  caller: CallerConfig,
  keys: Readonly<Record<string, NamedKey>>,
): Permissions {
  return {
    generateRandom: caller.generateRandom,
    keys: caller.permissions.flatMap(({ key, operations, encryptionContext }) => {
      const named = keys[key];
      if (named === undefined) return [];
      return {
        keyName: key,
        keyArn: named.arn,
        operations: operations.filter((operation) =>
          named.operations.includes(operationOnKey(operation)),
        ),
        required: [
          ...Object.entries(named.encryptionContext),
          ...Object.entries(encryptionContext),
        ],
      };
    }),
  };
}

/**
 * Finds the permission for a call. A required encryption context makes that permission useless for
 * operations that have no encryption context, as conditions of a key policy do.
 *
 * @returns undefined for a call that needs no key.
 * @throws {PolicyError} CALLER_DENIED, CALLER_ENCRYPTION_CONTEXT
 */
export function checkPermitted(
  { generateRandom, keys }: Permissions,
  { operation, keyArn, encryptionContext = new Map() }: RequestedCall,
): Permission | undefined {
  if (operation === 'GenerateRandom') {
    if (generateRandom && keyArn === undefined) return undefined;
    throw denied(operation);
  }
  const onKey = keys.filter(
    (permission) => permission.keyArn === keyArn && permission.operations.includes(operation),
  );
  if (onKey.length === 0) throw denied(operation);
  const permission = onKey.find(({ required }) =>
    required.every(([name, value]) => encryptionContext.get(name) === value),
  );
  if (permission !== undefined) return permission;
  throw new PolicyError(
    'CALLER_ENCRYPTION_CONTEXT',
    `${operation} needs more in its encryption context to be permitted`,
    { details: { operation } },
  );
}

/** The ARNs of the keys that may be used by an operation, each once, whatever the context. */
export function permittedKeys({ keys }: Permissions, operation: string): readonly string[] {
  const arns = keys.filter(({ operations }) => operations.includes(operation));
  return [...new Set(arns.map(({ keyArn }) => keyArn))];
}

function denied(operation: string): PolicyError {
  return new PolicyError('CALLER_DENIED', `the configuration does not permit ${operation} so`, {
    details: { operation },
  });
}
