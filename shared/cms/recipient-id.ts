import { createHash } from 'node:crypto';

/** How KMS names a recipient: SHA-256 of the DER SubjectPublicKeyInfo. */
export function recipientIdOf(spki: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(spki).digest());
}
