import { openEnvelope } from '../../shared/cms/index.ts';
import { ConfigError } from '../../shared/errors.ts';
import type { NsmClient } from '../../shared/nsm/index.ts';
import type { Secret } from '../../shared/secret.ts';
import { createRecipientKey } from './recipient-key.ts';

/** Five minutes are often named as KMS's limit; the reuse must end well before. */
export const MAX_DOCUMENT_SECONDS = 240;

export interface KeyRingOptions {
  readonly nsm: NsmClient;
  /** How long a document is used again: more than 0, at most {@link MAX_DOCUMENT_SECONDS}. */
  readonly documentSeconds: number;
  /** A clock that only runs forward, in milliseconds: durations do not depend on the time of day. */
  readonly monotonic: () => number;
}

/** The recipient key of this process and the documents that carry it. */
export interface RecipientKeyRing {
  /**
   * A document that carries the key of this ring, made now or within the last `documentSeconds`.
   *
   * It goes to KMS and to nobody else: see the trust rules in docs. Calls at once share one request
   * to the NSM, which is serial.
   *
   * @throws {NsmError}
   */
  document(): Promise<Uint8Array>;

  /**
   * Opens what KMS sealed to this ring. The envelope must come from KMS itself, over TLS.
   *
   * @throws {FormatError} ASN1_*, CMS_*
   * @throws {UnwrapError} UNWRAP_RECIPIENT, UNWRAP_FAILED
   */
  open(envelope: Uint8Array): Secret;
}

/**
 * Generates the key, so that no call waits for it later.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export async function createKeyRing(options: KeyRingOptions): Promise<RecipientKeyRing> {
  if (!(options.documentSeconds > 0 && options.documentSeconds <= MAX_DOCUMENT_SECONDS)) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `documentSeconds: expected more than 0 and at most ${MAX_DOCUMENT_SECONDS}`,
    );
  }
  const key = await createRecipientKey();
  let current: { readonly document: Promise<Uint8Array>; readonly since: number } | undefined;

  const renew = (): Promise<Uint8Array> => {
    const document = options.nsm.attest({ publicKey: key.spki });
    const renewed = { document, since: options.monotonic() };
    current = renewed;
    // A failure is answered to those who wait for it and is not kept for others.
    document.catch(() => {
      if (current === renewed) current = undefined;
    });
    return document;
  };

  return {
    document() {
      const age = current === undefined ? undefined : options.monotonic() - current.since;
      if (current === undefined || age === undefined || age >= options.documentSeconds * 1000) {
        return renew();
      }
      return current.document;
    },
    open(envelope) {
      const { privateKey, recipientId } = key;
      return openEnvelope({ envelope, privateKey, recipientId });
    },
  };
}
