import { createDocuments, type Documents } from './documents.ts';
import type { HeldKey } from './held-key.ts';
import type { KeyPool } from './key-pool.ts';
import type { KeySource } from './key-source.ts';
import type { RecipientKey } from './recipient-key.ts';

export interface KeyOfWindowOptions {
  readonly pool: KeyPool;
  readonly hold: (key: RecipientKey) => HeldKey;
  readonly attest: (spki: Uint8Array) => Promise<Uint8Array>;
  readonly documentSeconds: number;
  readonly rotationSeconds: number;
  readonly monotonic: () => number;
  /** A call waits for a key to be made. */
  readonly onWait: () => void;
}

interface Window {
  readonly key: HeldKey;
  readonly documents: Documents;
  readonly since: number;
  readonly end: NodeJS.Timeout;
}

/**
 * One key for all calls of a window, and the documents that carry it.
 *
 * A call keeps the key it began with. Apart from that a key is let go of with its window. While no
 * other is ready, rather than have calls wait, the window is drawn out, to twice its length at most.
 */
export function createKeyOfWindow(options: KeyOfWindowOptions): KeySource {
  const { pool, hold, attest, documentSeconds, monotonic, onWait } = options;
  const rotationMs = options.rotationSeconds * 1000;
  let current: Window | undefined;
  let next: Promise<Window> | undefined;

  function begin(taken: RecipientKey): Window {
    endCurrent();
    // What outlives the key must not refer to it.
    const { spki } = taken;
    const window: Window = {
      key: hold(taken),
      documents: createDocuments({ attest: () => attest(spki), documentSeconds, monotonic }),
      since: monotonic(),
      // For a ring that nobody asks any more.
      end: setTimeout(() => {
        if (current === window) endCurrent();
      }, 2 * rotationMs).unref(),
    };
    current = window;
    return window;
  }

  function endCurrent(): void {
    clearTimeout(current?.end);
    current = undefined;
  }

  async function currentWindow(): Promise<Window> {
    if (current !== undefined && !current.key.gone) {
      const lasts = pool.spare > 0 ? rotationMs : 2 * rotationMs;
      if (monotonic() - current.since < lasts) return current;
    }
    const spare = pool.takeSpare();
    if (spare !== undefined) return begin(spare);
    onWait();
    next ??= pool
      .awaitNext()
      .then(begin)
      .finally(() => {
        next = undefined;
      });
    return next;
  }

  return {
    async keyForCall(fresh) {
      const { key, documents } = await currentWindow();
      const { document, reused } = documents.current(fresh);
      return { key, document: await document, reused, release() {} };
    },
    close() {
      current?.key.letGo();
      endCurrent();
    },
  };
}
