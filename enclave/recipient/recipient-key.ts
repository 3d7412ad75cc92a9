import { generateKeyPair } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { createEnvelopeOpener, recipientIdOf } from '../../shared/cms/index.ts';
import type { Secret } from '../../shared/secret.ts';

const generate = promisify(generateKeyPair);

/** More than there are processors would be no faster, and keep the event loop from its turn on one. */
const OPENINGS_AT_ONCE = availableParallelism();

/** The lengths of modulus that KMS seals to. */
export const KEY_BITS = [2048, 3072, 4096] as const;
export type KeyBits = (typeof KEY_BITS)[number];

/** The ephemeral RSA key that KMS seals to. It never leaves the process that made it. */
export interface RecipientKey {
  /** DER SubjectPublicKeyInfo, as it stands in `public_key` of a document. */
  readonly spki: Uint8Array;
  /** As `EnvelopeOpener.open`. */
  open(envelope: Uint8Array): Promise<Secret>;
}

/** Makes an RSA key in the thread pool: 60 ms to 3 s in which the event loop goes on. */
export async function createRecipientKey(modulusLength: KeyBits): Promise<RecipientKey> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength,
    publicExponent: 0x10001,
  });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const recipientId = recipientIdOf(spki);
  const { open } = await createEnvelopeOpener({ privateKey, recipientId, slots: OPENINGS_AT_ONCE });
  return { spki, open };
}
