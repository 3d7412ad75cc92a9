import type { HeldKey } from './held-key.ts';

/** A key for one call, and a document that carries it. */
export interface KeyForCall {
  readonly key: HeldKey;
  readonly document: Uint8Array;
  readonly reused: boolean;
  /** The call is over. */
  release(): void;
}

/** Decides which key a call gets, and how long that key lives. */
export interface KeySource {
  /** @throws {NsmError} */
  keyForCall(fresh: boolean): Promise<KeyForCall>;
  close(): void;
}
