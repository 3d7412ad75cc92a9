import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { contextSchema, KEY_OPERATIONS, type KeyPermission, nameSchema } from './keys.ts';

/**
 * What a caller can be permitted on a key: the operations of KMS, and `DeriveKey` of the broker API,
 * which answers a key derived from a shared secret. DeriveSharedSecret, which answers the raw one, is
 * a permission of its own: neither holds the other.
 */
export const CALLER_OPERATIONS = [...KEY_OPERATIONS, 'DeriveKey'] as const;

export type CallerPermission = (typeof CALLER_OPERATIONS)[number];

/** The operation that a key itself must be permitted for a caller to be. */
export function operationOnKey(permission: CallerPermission): KeyPermission {
  return permission === 'DeriveKey' ? 'DeriveSharedSecret' : permission;
}

const permissionSchema = z.strictObject({
  /** The name of a key of the configuration. */
  key: nameSchema,
  /** Of those that the key itself is permitted for; for `DeriveKey` that is DeriveSharedSecret. */
  operations: z.array(z.enum(CALLER_OPERATIONS)).min(1).readonly(),
  /** Beside what the key itself requires. */
  encryptionContext: contextSchema,
});

/** A program in the enclave that may use the endpoint and the broker API. */
export const callerSchema = z.strictObject({
  name: nameSchema,
  /** The user id that it runs under, and that its credentials file belongs to. */
  uid: z.int().min(0).max(0xffff_fffe),
  /** Where its access key is written at the start, in the form of AWS's shared credentials file. */
  credentialsFile: z.string().refine(isAbsolute, 'expected an absolute path'),
  permissions: z.array(permissionSchema).max(100).default([]),
  generateRandom: z.boolean().default(false),
});

export type CallerConfig = z.output<typeof callerSchema>;
