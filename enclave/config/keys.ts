import { z } from 'zod';
import { AGREEMENT_CURVES, type AgreementSpec } from '../../shared/key-agreement/index.ts';
import { KEY_ARN_FORM } from '../../shared/kms/index.ts';

/** The operations that a key can be permitted for: those that use it, and none that administers it. */
export const KEY_OPERATIONS = [
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'Sign',
  'Verify',
  'VerifyMac',
] as const;

export type KeyPermission = (typeof KEY_OPERATIONS)[number];

const WITH_ENCRYPTION_CONTEXT: readonly KeyPermission[] = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
];

/** Whether requests of an operation can have an encryption context. */
export function takesEncryptionContext(operation: KeyPermission): boolean {
  return WITH_ENCRYPTION_CONTEXT.includes(operation);
}

const AGREEMENT_SPECS = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];

export const nameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected a name of lower-case letters, digits and hyphens');

/** Pairs that the encryption context of a call must have; it may have others beside them. */
export const contextSchema = z
  .record(z.string().min(1).max(1024), z.string().max(4096))
  .default({});

export const keySchema = z
  .strictObject({
    arn: z
      .string()
      .regex(KEY_ARN_FORM, 'expected a key ARN: an alias can be made to name another key'),
    operations: z.array(z.enum(KEY_OPERATIONS)).min(1).readonly(),
    encryptionContext: contextSchema,
    /** Of a key for DeriveSharedSecret: what its peers' public keys must be on, and how long the secret is. */
    keySpec: z.enum(AGREEMENT_SPECS).optional(),
  })
  .refine(
    ({ operations, keySpec }) =>
      operations.includes('DeriveSharedSecret') === (keySpec !== undefined),
    'expected keySpec if DeriveSharedSecret is permitted, and only then',
  );

/** A key that the measured configuration names: calls name it by its name, never by an ARN. */
export type NamedKey = z.output<typeof keySchema>;

/** The key of a name. Own members only: `constructor` is a name like any other. */
export function keyNamed(
  keys: Readonly<Record<string, NamedKey>>,
  name: string,
): NamedKey | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}
