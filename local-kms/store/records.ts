import { z } from 'zod';
import { GRANT_OPERATIONS } from '../grants/operations.ts';
import { KEY_SPEC_NAMES, KEY_USAGES } from '../keys/specs.ts';

/*
 * What lies in the store. Times are seconds since the Unix epoch, as in the API.
 */

export const KEY_STATES = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingImport',
  'PendingReplicaDeletion',
] as const;

export type KeyState = (typeof KEY_STATES)[number];

export const KEY_ORIGINS = ['AWS_KMS', 'EXTERNAL'] as const;

export const ROTATION_TYPES = ['AUTOMATIC', 'ON_DEMAND'] as const;

export const keyMaterial = z.strictObject({
  /** 64 hex digits. */
  id: z.string(),
  /**
   * Base64, sealed by the vault: a raw symmetric or HMAC key, or a PKCS #8 private key. Absent while
   * imported material is deleted or expired.
   */
  sealed: z.string().optional(),
  /** The rotation that made it current; the first material of a key has none. */
  rotation: z.strictObject({ date: z.number(), type: z.enum(ROTATION_TYPES) }).optional(),
  /** When imported material expires; it does not if absent. */
  validTo: z.number().optional(),
  /** Of imported material. */
  description: z.string().optional(),
});

/**
 * One key.
 *
 * `materials` has the current one first; older ones stay after a rotation, to decrypt with. A key
 * that waits for its first import has none.
 */
export const keyRecord = z.strictObject({
  version: z.literal(1),
  keyId: z.string(),
  region: z.string(),
  account: z.string(),
  creationDate: z.number(),
  description: z.string(),
  keySpec: z.enum(KEY_SPEC_NAMES),
  keyUsage: z.enum(KEY_USAGES),
  keyState: z.enum(KEY_STATES),
  origin: z.enum(KEY_ORIGINS),
  policy: z.string(),
  materials: z.array(keyMaterial).readonly(),
  /** Imported, and to be made current by the next rotation. */
  pendingMaterial: keyMaterial.optional(),
  /** Automatic rotation, where it is enabled. */
  rotation: z.strictObject({ periodInDays: z.number(), nextDate: z.number() }).optional(),
  /** Base64 of the DER SubjectPublicKeyInfo; asymmetric keys only. */
  publicKey: z.string().optional(),
  tags: z.array(z.strictObject({ key: z.string(), value: z.string() })).readonly(),
  /** When a key that is pending deletion is gone. */
  deletionDate: z.number().optional(),
  /** How long a primary key that is pending deletion of its replicas stays once they are gone. */
  pendingDeletionWindowInDays: z.number().optional(),
  /** Multi-Region keys only. Of the keys of one account and id, one is the primary. */
  multiRegion: z.enum(['PRIMARY', 'REPLICA']).optional(),
});

export type KeyRecord = Readonly<z.infer<typeof keyRecord>>;
export type KeyMaterial = Readonly<z.infer<typeof keyMaterial>>;

export const aliasRecord = z.strictObject({
  version: z.literal(1),
  /** With its `alias/` prefix. */
  name: z.string(),
  region: z.string(),
  account: z.string(),
  targetKeyId: z.string(),
  creationDate: z.number(),
  lastUpdatedDate: z.number(),
});

export type AliasRecord = Readonly<z.infer<typeof aliasRecord>>;

export const grantRecord = z.strictObject({
  version: z.literal(1),
  /** 64 hex digits. */
  grantId: z.string(),
  keyId: z.string(),
  /** The key's. */
  region: z.string(),
  account: z.string(),
  creationDate: z.number(),
  name: z.string().optional(),
  granteePrincipal: z.string(),
  retiringPrincipal: z.string().optional(),
  /** Whose principal created it. */
  issuingAccount: z.string(),
  operations: z.array(z.enum(GRANT_OPERATIONS)).readonly(),
  constraint: z
    .strictObject({
      type: z.enum(['EncryptionContextEquals', 'EncryptionContextSubset']),
      /** Not an object: zod leaves a member `__proto__` out of one, which would widen the grant. */
      pairs: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
    })
    .optional(),
});

export type GrantRecord = Readonly<z.infer<typeof grantRecord>>;
