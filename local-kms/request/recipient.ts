import type {
  AttestationDocument,
  AttestationVerifier,
  LiveClock,
} from '../../shared/attestation/index.ts';
import { importRecipientKey, type RecipientKey, recipientIdOf } from '../../shared/cms/index.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { FormatError } from '../../shared/errors.ts';
import { createMemo } from '../../shared/memo.ts';
import type { RECIPIENT } from '../schema/members.ts';
import type { ValueOf } from '../schema/shape.ts';

/** An enclave has a few keys, each of which it uses for a minute or so. */
const REMEMBERED_KEYS = 256;

/** The `Recipient` of a request, validated but not verified. */
export type RecipientInfo = ValueOf<(typeof RECIPIENT)['Recipient']['shape']>;

/** A recipient whose document was verified. */
export interface AttestedRecipient {
  readonly document: AttestationDocument;
  readonly key: RecipientKey;
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
  const keys = createMemo<string, RecipientKey>(REMEMBERED_KEYS);
  return async ({ AttestationDocument }) => {
    const document = await options.verifier.verifyOrThrow(AttestationDocument, {
      clock: options.clock,
      measurements: { waived: 'the key policy judges them' },
      nonce: { waived: 'KMS takes none' },
      debug: 'allowed',
    });
    const { publicKey } = document;
    // Before anything is executed, not when sealing.
    if (publicKey === undefined) {
      throw new FormatError('CMS_RECIPIENT_KEY', 'the document has no public_key to encrypt to');
    }
    const id = encodeHex(recipientIdOf(publicKey));
    return { document, key: keys(id, () => importRecipientKey(publicKey)) };
  };
}
