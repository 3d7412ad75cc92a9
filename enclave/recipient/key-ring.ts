import { openEnvelope } from '../../shared/cms/index.ts';
import type { NsmClient } from '../../shared/nsm/index.ts';
import type { Secret } from '../../shared/secret.ts';
import { createRecipientKey } from './recipient-key.ts';

export interface KeyRingOptions {
  readonly nsm: NsmClient;
  /** How long a document is used again, at most 240 s: KMS may refuse one of five minutes. */
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

/** Generates the key, so that no call waits for it later. */
export async function createKeyRing(options: KeyRingOptions): Promise<RecipientKeyRing> {
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
