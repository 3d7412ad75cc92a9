/** A document younger than this counts as made now. Also how often one key's is made anew at most. */
const FRESH_MS = 1000;

export interface DocumentsOptions {
  /** Has the secure module make a document that carries the key. */
  readonly attest: () => Promise<Uint8Array>;
  /** How long a document is used again. */
  readonly documentSeconds: number;
  readonly monotonic: () => number;
}

export interface DocumentInUse {
  readonly document: Promise<Uint8Array>;
  /** Whether it was made a second or more ago. */
  readonly reused: boolean;
}

/** The documents of one key, each used again for a while: the secure module is serial and slow. */
export interface Documents {
  /** Calls at once share one request. `fresh` asks for a document that is not `reused`. */
  current(fresh: boolean): DocumentInUse;
}

export function createDocuments(options: DocumentsOptions): Documents {
  const { attest, documentSeconds, monotonic } = options;
  let latest: { readonly document: Promise<Uint8Array>; readonly since: number } | undefined;

  function renew(): Promise<Uint8Array> {
    const document = attest();
    const renewed = { document, since: monotonic() };
    latest = renewed;
    // A failure is answered to those who wait for it and is not kept for others.
    document.catch(() => {
      if (latest === renewed) latest = undefined;
    });
    return document;
  }

  return {
    current(fresh) {
      // A document ages from when it was asked for: it may have been made at once.
      const age = latest === undefined ? undefined : monotonic() - latest.since;
      const limit = fresh ? FRESH_MS : documentSeconds * 1000;
      if (latest === undefined || age === undefined || age >= limit) {
        return { document: renew(), reused: false };
      }
      return { document: latest.document, reused: age >= FRESH_MS };
    },
  };
}
