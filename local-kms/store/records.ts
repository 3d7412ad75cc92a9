import { z } from 'zod';
import { KEY_SPEC_NAMES, KEY_USAGES } from '../keys/specs.ts';

/** The state of a key; further states join as operations that lead to them do. */
export const KEY_STATES = ['Enabled', 'Disabled', 'PendingDeletion'] as const;

export type KeyState = (typeof KEY_STATES)[number];

const sealedMaterial = z.strictObject({
  /** 64 hex digits. */
  id: z.string(),
  /** Base64, sealed by the vault: a raw AES-256 key, or a PKCS #8 private key. */
  sealed: z.string(),
});

/**
 * One key. Times are seconds since the Unix epoch.
 *
 * `materials` has the current one first; older ones stay after a rotation, to decrypt with.
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
  policy: z.string(),
  materials: z.array(sealedMaterial).min(1).readonly(),
  /** Base64 of the DER SubjectPublicKeyInfo; asymmetric keys only. */
  publicKey: z.string().optional(),
});

export type KeyRecord = Readonly<z.infer<typeof keyRecord>>;
export type KeyMaterial = Readonly<z.infer<typeof sealedMaterial>>;

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
