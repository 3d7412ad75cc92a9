import { type KeyObject, webcrypto } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { CONTENT_KEY_BYTES } from './layout.ts';
import { openContent, parseEnvelopeFor } from './open-steps.ts';
import { modulusBitsOf } from './rsa-key.ts';

type CryptoKey = webcrypto.CryptoKey;

const { subtle } = webcrypto;
// MGF1 takes the same hash, which is what RSAES_OAEP_SHA_256 means to KMS.
const OAEP = { name: 'RSA-OAEP', hash: 'SHA-256' } as const;

export interface EnvelopeOpenerOptions {
  /** An RSA private key. */
  readonly privateKey: KeyObject;
  /** The recipient id of that key: see `recipientIdOf`. */
  readonly recipientId: Uint8Array;
  /** How many envelopes open at once: more wait for their turn. */
  readonly slots: number;
}

/** Opens envelopes for one key in the thread pool. */
export interface EnvelopeOpener {
  /** As `openEnvelope`, with the same errors from the same steps, but it leaves the event loop alone. */
  open(envelope: Uint8Array): Promise<Secret>;
}

/**
 * Makes an opener of a private key.
 *
 * Node has no asynchronous `privateDecrypt`, and WebCrypto does one operation after the other on
 * one key, so the key is imported once for each slot. The PKCS #8 in between is wiped; the keys
 * themselves are in OpenSSL's memory, which overwrites them when the collector frees the opener.
 */
export async function createEnvelopeOpener(
  options: EnvelopeOpenerOptions,
): Promise<EnvelopeOpener> {
  const { privateKey, recipientId, slots } = options;
  const recipient = { recipientId, modulusBits: modulusBitsOf(privateKey) };
  const keys = await importForSlots(privateKey, slots);
  let turn = 0;
  return {
    async open(bytes) {
      const envelope = parseEnvelopeFor(recipient, bytes);
      turn = (turn + 1) % keys.length;
      const contentKey = await unwrapInThreadPool(envelope.encryptedKey, keys[turn] as CryptoKey);
      return openContent(envelope, contentKey);
    },
  };
}

async function importForSlots(privateKey: KeyObject, slots: number): Promise<readonly CryptoKey[]> {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    return await Promise.all(
      Array.from({ length: slots }, () =>
        subtle.importKey('pkcs8', pkcs8, OAEP, false, ['decrypt']),
      ),
    );
  } finally {
    pkcs8.fill(0);
  }
}

/** As `unwrapContentKey`. */
async function unwrapInThreadPool(
  encryptedKey: Uint8Array,
  privateKey: CryptoKey,
): Promise<Uint8Array | undefined> {
  const unwrapped = await subtle.decrypt(OAEP, privateKey, encryptedKey).then(
    (bytes) => new Uint8Array(bytes),
    () => undefined,
  );
  if (unwrapped?.length === CONTENT_KEY_BYTES) return unwrapped;
  unwrapped?.fill(0);
  return undefined;
}
