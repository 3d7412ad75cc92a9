import { describe, expect, it } from 'vitest';
import { holdKey } from '../../../enclave/recipient/held-key.ts';
import { createKeyPerCall } from '../../../enclave/recipient/key-per-call.ts';
import { NsmError } from '../../../shared/errors.ts';
import { createFakePool, ticks } from './fake-keys.ts';

async function create(spareKeys: number) {
  let waited = 0;
  const attested: (number | undefined)[] = [];
  const state = { broken: false };
  const fake = createFakePool(spareKeys);
  const source = createKeyPerCall({
    pool: fake.pool,
    hold: (key) => holdKey(key, 3),
    async attest([number]) {
      if (state.broken) throw new NsmError('NSM_STALLED', 'stalled');
      attested.push(number);
      return Uint8Array.of(number ?? 0);
    },
    onWait() {
      waited += 1;
    },
  });
  await fake.fill();
  return { ...fake, state, attested, waited: () => waited, call: () => source.keyForCall(false) };
}

describe('a key for each call', () => {
  it('comes with a document of its own, which is not reused', async () => {
    const { call, attested } = await create(3);
    const calls = await Promise.all([call(), call(), call()]);
    expect(calls.map(({ document, reused }) => [document[0], reused])).toEqual([
      [1, false],
      [2, false],
      [3, false],
    ]);
    expect(attested).toEqual([1, 2, 3]);
  });

  it('is gone with the call, and no other is', async () => {
    const { call } = await create(2);
    const [one, other] = await Promise.all([call(), call()]);
    one.release();
    await expect(one.key.open(new Uint8Array(0))).rejects.toMatchObject({
      code: 'UNWRAP_KEY_GONE',
    });
    (await other.key.open(new Uint8Array(0))).dispose();
  });

  it('is waited for only when none is ready: of 64 calls at once as many wait as lack one', async () => {
    const { call, waited, fill, pool } = await create(10);
    const calls = Array.from({ length: 64 }, () => call());
    await ticks();
    expect(waited()).toBe(54);
    await fill();
    expect(new Set((await Promise.all(calls)).map(({ document }) => document[0])).size).toBe(64);
    expect(pool).toMatchObject({ spare: 10, generated: 74 });
  });

  it('is not lost when the secure module fails', async () => {
    const { call, state, pool, started } = await create(1);
    const before = started();
    state.broken = true;
    for (let i = 0; i < 5; i++) await expect(call()).rejects.toMatchObject({ code: 'NSM_STALLED' });
    expect(started()).toBeLessThanOrEqual(before + 1);
    expect(pool.spare).toBe(1);
    state.broken = false;
    expect((await call()).document).toEqual(Uint8Array.of(1));
  });
});
