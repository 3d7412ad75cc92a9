import type { RandomBytes } from './random.ts';
import type { Realm } from './realm.ts';
import type { Store } from './store/store.ts';
import type { Vault } from './store/vault.ts';

/** What the operations of one region and account work on. */
export interface Backend {
  readonly realm: Realm;
  /** The only region that there is, or `any`. */
  readonly servedRegion: string | 'any';
  readonly store: Store;
  readonly vault: Vault;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}
