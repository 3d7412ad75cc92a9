import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { contextSchema, nameSchema, operationsSchema } from './keys.ts';

const permissionSchema = z.strictObject({
  /** The name of a key of the configuration. */
  key: nameSchema,
  /** Of those that the key itself is permitted for. */
  operations: operationsSchema,
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
  /** Whether it may have keys derived from shared secrets: DeriveSharedSecret on the key is needed too. */
  deriveKey: z.boolean().default(false),
});

export type CallerConfig = z.output<typeof callerSchema>;
