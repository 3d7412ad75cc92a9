import type { HeldKey } from './held-key.ts';
import type { KeyPool } from './key-pool.ts';
import type { KeySource } from './key-source.ts';
import type { RecipientKey } from './recipient-key.ts';

export interface KeyPerCallOptions {
  readonly pool: KeyPool;
  readonly hold: (key: RecipientKey) => HeldKey;
  readonly attest: (spki: Uint8Array) => Promise<Uint8Array>;
  /** A call waits for a key to be made. */
  readonly onWait: () => void;
}

/** A key and a document for each call, gone with it. */
export function createKeyPerCall({ pool, hold, attest, onWait }: KeyPerCallOptions): KeySource {
  async function takeKey(): Promise<RecipientKey> {
    const spare = pool.takeSpare();
    if (spare !== undefined) return spare;
    onWait();
    return pool.awaitNext();
  }

  return {
    async keyForCall() {
      const taken = await takeKey();
      try {
        const document = await attest(taken.spki);
        const key = hold(taken);
        return { key, document, reused: false, release: key.letGo };
      } catch (error) {
        // No document left, so the key is as good as new: a module that fails costs no keys.
        pool.giveBack(taken);
        throw error;
      }
    },
    close() {},
  };
}
