import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { FormatError } from '../errors.ts';
import { recipientIdOf } from './recipient-id.ts';

const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 4096;

/** The public key of a recipient, ready for use: importing it costs six times what sealing to it does. */
export interface RecipientKey {
  readonly id: Uint8Array;
  readonly key: KeyObject;
}

/**
 * Imports the `public_key` of an attestation document: RSA of 2048 to 4096 bits.
 *
 * @throws {FormatError} CMS_RECIPIENT_KEY
 */
export function importRecipientKey(spki: Uint8Array): RecipientKey {
  const key = importSpki(spki);
  const modulusBits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const fits = modulusBits >= MIN_MODULUS_BITS && modulusBits <= MAX_MODULUS_BITS;
  if (key.asymmetricKeyType !== 'rsa' || !fits) {
    throw badRecipient('it is not RSA of 2048 to 4096 bits');
  }
  // The recipient id is a hash of these very bytes, so a second spelling of the key would name
  // another recipient. OpenSSL reads BER and lets bytes follow.
  if (!key.export({ format: 'der', type: 'spki' }).equals(spki)) {
    throw badRecipient('it is not DER');
  }
  return { id: recipientIdOf(spki), key };
}

function importSpki(spki: Uint8Array): KeyObject {
  const { buffer, byteOffset, length } = spki;
  try {
    return createPublicKey({
      key: Buffer.from(buffer, byteOffset, length),
      format: 'der',
      type: 'spki',
    });
  } catch {
    throw badRecipient('it is not a SubjectPublicKeyInfo');
  }
}

function badRecipient(reason: string): FormatError {
  return new FormatError('CMS_RECIPIENT_KEY', `the recipient key cannot be used: ${reason}`);
}
