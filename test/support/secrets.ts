import { Secret } from '../../shared/secret.ts';

/** A secret of the bytes that the hex gives. */
export function secretOf(hex: string): Secret {
  return new Secret(Uint8Array.from(Buffer.from(hex, 'hex')));
}

/** The bytes of a secret in hex. */
export function hexOfSecret(secret: Secret): string {
  return secret.reveal((bytes) => Buffer.from(bytes).toString('hex'));
}
