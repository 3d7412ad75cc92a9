import { UnwrapError } from '../../shared/errors.ts';
import type { RecipientKey } from './recipient-key.ts';

/** Half of Node's thread pool, so that envelopes open while keys are made. */
const GENERATIONS_AT_ONCE = 2;

export interface KeyPoolOptions {
  /** How many keys are ready before they are asked for. */
  readonly spareKeys: number;
  readonly generate: () => Promise<RecipientKey>;
}

/** Keys that are made before they are needed, each for one taker. */
export interface KeyPool {
  readonly spare: number;
  /** How many were made so far. */
  readonly generated: number;
  takeSpare(): RecipientKey | undefined;
  /**
   * Resolves to the next key that is made, those who asked before coming first.
   *
   * @throws {UnwrapError} UNWRAP_RING_CLOSED
   */
  awaitNext(): Promise<RecipientKey>;
  /** Takes back a key that nobody outside was told of. */
  giveBack(key: RecipientKey): void;
  /** Drops the keys, and refuses those who wait for one. */
  close(): void;
}

interface Waiting {
  readonly resolve: (key: RecipientKey) => void;
  readonly reject: (reason: unknown) => void;
}

export function createKeyPool({ spareKeys, generate }: KeyPoolOptions): KeyPool {
  const spare: RecipientKey[] = [];
  const waiting: Waiting[] = [];
  let generating = 0;
  let generated = 0;
  let closed = false;

  function refill(): void {
    while (
      !closed &&
      generating < GENERATIONS_AT_ONCE &&
      spare.length + generating < spareKeys + waiting.length
    ) {
      generating += 1;
      generate().then(arrived, failed);
    }
  }

  function arrived(key: RecipientKey): void {
    generating -= 1;
    generated += 1;
    handOut(key);
    refill();
  }

  // Those who wait are told. Not tried again by itself: the next who takes a key asks for more.
  function failed(reason: unknown): void {
    generating -= 1;
    refuseWaiting(reason);
  }

  function handOut(key: RecipientKey): void {
    const next = waiting.shift();
    if (next !== undefined) next.resolve(key);
    else if (!closed) spare.push(key);
  }

  function refuseWaiting(reason: unknown): void {
    for (const { reject } of waiting.splice(0)) reject(reason);
  }

  refill();
  return {
    get spare() {
      return spare.length;
    },
    get generated() {
      return generated;
    },
    takeSpare() {
      const key = spare.shift();
      refill();
      return key;
    },
    awaitNext() {
      if (closed) return Promise.reject(ringClosed());
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        refill();
      });
    },
    giveBack: handOut,
    close() {
      closed = true;
      spare.length = 0;
      refuseWaiting(ringClosed());
    },
  };
}

export function ringClosed(): UnwrapError {
  return new UnwrapError('UNWRAP_RING_CLOSED', 'the recipient key ring was closed');
}
