import type { KeyObject } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { importForPool, type PoolKey, unwrapContentKeyInPool } from './content-key.ts';
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
 * one key, so the opener has a copy for each slot. The PKCS #8 in between is wiped. The copies are in
 * OpenSSL's memory, which overwrites them when the collector frees the opener: JavaScript cannot.
 */
export async function createEnvelopeOpener(
  options: EnvelopeOpenerOptions,
): Promise<EnvelopeOpener> {
  const { privateKey, recipientId, slots } = options;
  const recipient = { recipientId, modulusBits: modulusBitsOf(privateKey) };
  const keys = await importForPool(privateKey, slots);
  let turn = 0;
  return {
    async open(bytes) {
      const envelope = parseEnvelopeFor(recipient, bytes);
      turn = (turn + 1) % keys.length;
      const key = keys[turn] as PoolKey;
      return openContent(envelope, await unwrapContentKeyInPool(envelope.encryptedKey, key));
    },
  };
}
