import type { KeyObject } from 'node:crypto';
import { createGate } from '../gate.ts';
import type { Secret } from '../secret.ts';
import { importForPool, unwrapContentKeyInPool } from './content-key.ts';
import { openContent, parseEnvelopeFor } from './open-steps.ts';
import { modulusBitsOf } from './rsa-key.ts';

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
  /** As `openEnvelope`, with the same errors after the same steps, but off the event loop. */
  open(envelope: Uint8Array): Promise<Secret>;
}

/**
 * Makes an opener of a private key.
 *
 * Node has no asynchronous `privateDecrypt`, and WebCrypto does one operation after the other on
 * one key, while a thread of the pool waits with each. So the opener has a copy for each slot, and
 * starts nothing while all are in use. The PKCS #8 in between is wiped. The copies are in
 * OpenSSL's memory, which overwrites them when the collector frees the opener: JavaScript cannot.
 */
export async function createEnvelopeOpener(
  options: EnvelopeOpenerOptions,
): Promise<EnvelopeOpener> {
  const { privateKey, recipientId, slots } = options;
  const recipient = { recipientId, modulusBits: modulusBitsOf(privateKey) };
  const gate = createGate(await importForPool(privateKey, slots));
  return {
    async open(bytes) {
      const envelope = parseEnvelopeFor(recipient, bytes);
      const unwrapped = await gate((key) => unwrapContentKeyInPool(envelope.encryptedKey, key));
      return openContent(envelope, unwrapped);
    },
  };
}
