import { createHmac } from 'node:crypto';

/**
 * Shows that a side has the shared secret, without showing the secret: a MAC over a challenge. For
 * this run only: what uses the secret for anything else derives a key from it first.
 */
export function confirmSecret(secret: Uint8Array, challenge: Uint8Array): string {
  return createHmac('sha256', secret)
    .update('nitro-key-broker main job: key confirmation\0')
    .update(challenge)
    .digest('base64');
}
