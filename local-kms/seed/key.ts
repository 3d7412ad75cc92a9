import { z } from 'zod';
import { parseBase64 } from '../../shared/encoding.ts';
import { parseKeyPolicy } from '../../shared/key-policy/index.ts';
import { KEY_ID_FORM } from '../../shared/kms/index.ts';
import { Secret } from '../../shared/secret.ts';
import { ALIAS_NAME_FORM } from '../keys/alias-name.ts';
import { TAG_FORM } from '../keys/tags.ts';
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from '../realm.ts';
import { keyMaterial, keyRecord } from '../store/records.ts';

const keyBytes = z
  .base64()
  .max(16_384)
  .transform((text) => new Secret(parseBase64(text)));

const policy = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .transform((value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2)))
  .refine(isKeyPolicy, 'not a key policy');

/** A material of a key as an export writes it: in the clear, where the store has it sealed. */
const seedMaterial = keyMaterial
  .omit({ sealed: true })
  .extend({ id: z.string().regex(/^[0-9a-f]{64}$/), key: keyBytes.optional() });

const { shape } = keyRecord;

/**
 * A key. What is left out is as CreateKey would have it; `material` alone is enough for a fixed key:
 * base64 of the raw bytes of a symmetric or HMAC key, or of a PKCS #8 private key.
 */
export const seedKey = z.strictObject({
  keyId: z.string().regex(KEY_ID_FORM),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default(DEFAULT_REGION),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .default(DEFAULT_ACCOUNT),
  keySpec: shape.keySpec.default('SYMMETRIC_DEFAULT'),
  /** Needed where the spec has more than one. */
  keyUsage: shape.keyUsage.optional(),
  description: z.string().max(8192).default(''),
  keyState: shape.keyState.default('Enabled'),
  origin: shape.origin.default('AWS_KMS'),
  policy: policy.optional(),
  tags: z
    .record(z.string().min(1).max(128).regex(TAG_FORM), z.string().max(256).regex(TAG_FORM))
    .default({}),
  aliases: z.array(z.string().regex(ALIAS_NAME_FORM)).max(50).default([]),
  material: keyBytes.optional(),
  materials: z.array(seedMaterial).max(1000).optional(),
  pendingMaterial: seedMaterial.optional(),
  creationDate: z.number().optional(),
  /** Of keys that EnableKeyRotation takes, with a period that it takes. */
  rotation: z
    .strictObject({ periodInDays: z.int().min(90).max(2560), nextDate: z.number() })
    .optional(),
  deletionDate: shape.deletionDate,
  pendingDeletionWindowInDays: shape.pendingDeletionWindowInDays,
  multiRegion: shape.multiRegion,
});

export type SeedKey = z.infer<typeof seedKey>;
export type SeedMaterial = z.infer<typeof seedMaterial>;

function isKeyPolicy(text: string): boolean {
  try {
    parseKeyPolicy(text);
    return true;
  } catch {
    return false;
  }
}
