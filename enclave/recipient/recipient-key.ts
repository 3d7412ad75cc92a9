import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { recipientIdOf } from '../../shared/cms/index.ts';

const generate = promisify(generateKeyPair);

/** The ephemeral RSA key that KMS seals to. It never leaves the process that made it. */
export interface RecipientKey {
  readonly privateKey: KeyObject;
  /** DER SubjectPublicKeyInfo, as it stands in `public_key` of a document. */
  readonly spki: Uint8Array;
  /** SHA-256 of the SPKI: how an envelope names its recipient. */
  readonly recipientId: Uint8Array;
}

/** Makes an RSA-2048 key in the thread pool: 60 ms to 1 s in which the event loop goes on. */
export async function createRecipientKey(): Promise<RecipientKey> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: 2048,
    publicExponent: 0x10001,
  });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  return { privateKey, spki, recipientId: recipientIdOf(spki) };
}
