import type { KeyObject } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { unwrapContentKey } from './content-key.ts';
import { openContent, parseEnvelopeFor } from './open-steps.ts';
import { modulusBitsOf } from './rsa-key.ts';

export interface OpenEnvelopeOptions {
  /** `CiphertextForRecipient` as KMS sent it. */
  readonly envelope: Uint8Array;
  /** An RSA private key. */
  readonly privateKey: KeyObject;
  /** The recipient id of that key: see `recipientIdOf`. */
  readonly recipientId: Uint8Array;
}

/**
 * Opens a KMS recipient envelope.
 *
 * The envelope must name this recipient before the private key is used. From then on every failure
 * is UNWRAP_FAILED with the same message, after the same steps. The caller disposes of the secret.
 *
 * Opening proves nothing about who sealed: the envelope is encrypted, not authenticated (RFC 5652
 * has no MAC here), so the caller must have it from KMS itself, over TLS.
 *
 * It holds the event loop for the length of the RSA operation: see `createEnvelopeOpener`.
 *
 * @throws {FormatError} ASN1_*, CMS_*
 * @throws {UnwrapError} UNWRAP_RECIPIENT, UNWRAP_FAILED
 */
export function openEnvelope(options: OpenEnvelopeOptions): Secret {
  const { privateKey, recipientId } = options;
  const recipient = { recipientId, modulusBits: modulusBitsOf(privateKey) };
  const envelope = parseEnvelopeFor(recipient, options.envelope);
  return openContent(envelope, unwrapContentKey(envelope.encryptedKey, privateKey));
}
