import { createKeyPool } from '../../../enclave/recipient/key-pool.ts';
import type { RecipientKey } from '../../../enclave/recipient/recipient-key.ts';
import { Secret } from '../../../shared/secret.ts';
import { deferred } from '../../support/deferred.ts';

/** A key that opens everything, to its number. */
export function fakeKey(number: number): RecipientKey {
  return {
    spki: Uint8Array.of(number),
    open: async () => new Secret(Uint8Array.of(number)),
  };
}

/** A pool whose keys, numbered from 1, are made when the test says so. */
export function createFakePool(spareKeys: number) {
  const started: ReturnType<typeof deferred<RecipientKey>>[] = [];
  let finished = 0;
  const pool = createKeyPool({
    spareKeys,
    generate() {
      const generation = deferred<RecipientKey>();
      started.push(generation);
      return generation.promise;
    },
  });
  const finish = (): Promise<void> =>
    settle((generation, number) => generation.resolve(fakeKey(number)));
  return {
    pool,
    /** How many were begun so far. */
    started: () => started.length,
    finish,
    fail: (reason: Error) => settle((generation) => generation.resolve(Promise.reject(reason))),
    /** Lets every generation finish, until no other begins. */
    async fill() {
      while (finished < started.length) await finish();
    },
  };

  async function settle(
    how: (generation: ReturnType<typeof deferred<RecipientKey>>, number: number) => void,
  ): Promise<void> {
    const generation = started[finished];
    if (generation === undefined) throw new Error('no generation was begun');
    finished += 1;
    how(generation, finished);
    await ticks();
  }
}

/** Lets what is resolved be noticed. */
export async function ticks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
