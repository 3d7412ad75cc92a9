import { Buffer } from 'node:buffer';
import { createPublicKey } from 'node:crypto';
import type {
  AttestationDocument,
  AttestationVerifier,
  LiveClock,
} from '../../shared/attestation/index.ts';
import { FormatError } from '../../shared/errors.ts';
import type { RECIPIENT } from '../schema/members.ts';
import type { ValueOf } from '../schema/shape.ts';

/** The `Recipient` of a request, validated but not verified. */
export type RecipientInfo = ValueOf<(typeof RECIPIENT)['Recipient']['shape']>;

/** A recipient whose document was verified. */
export interface AttestedRecipient {
  readonly document: AttestationDocument;
  /** DER SubjectPublicKeyInfo of an RSA key, 2048 to 4096 bits. */
  readonly publicKey: Uint8Array;
}

export interface RecipientVerifierOptions {
  readonly verifier: AttestationVerifier;
  readonly clock: LiveClock;
}

export type RecipientVerifier = (recipient: RecipientInfo) => Promise<AttestedRecipient>;

/**
 * Verifies attestation documents as KMS does: envelope, path, signature and age, and a public key
 * to encrypt to. What was measured, debug mode included, is for the key policy to judge.
 */
export function createRecipientVerifier(options: RecipientVerifierOptions): RecipientVerifier {
  return async ({ AttestationDocument }) => {
    const document = await options.verifier.verifyOrThrow(AttestationDocument, {
      clock: options.clock,
      measurements: { waived: 'the key policy judges them' },
      nonce: { waived: 'KMS takes none' },
      debug: 'allowed',
    });
    return { document, publicKey: checkPublicKey(document.publicKey) };
  };
}

/** @throws {FormatError} CMS_RECIPIENT_KEY: before anything is executed, not when sealing. */
function checkPublicKey(spki: Uint8Array | undefined): Uint8Array {
  if (spki === undefined) throw unusable('the document has none');
  const bytes = Buffer.from(spki);
  const key = importKey(bytes);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048 || bits > 4096) {
    throw unusable('expected RSA of 2048 to 4096 bits');
  }
  if (!key.export({ format: 'der', type: 'spki' }).equals(bytes)) throw unusable('it is not DER');
  return spki;
}

function importKey(spki: Buffer) {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    throw unusable('it is not a SubjectPublicKeyInfo');
  }
}

function unusable(reason: string): FormatError {
  return new FormatError('CMS_RECIPIENT_KEY', `public_key cannot be encrypted to: ${reason}`);
}
