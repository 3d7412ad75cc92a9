import { describe, expect, it } from 'vitest';
import { createFakePool, fakeKey, ticks } from './fake-keys.ts';

const numberOf = (key: { readonly spki: Uint8Array } | undefined) => key?.spki[0];

describe('the pool', () => {
  it('makes as many keys ahead as it is told, two at a time', async () => {
    const { pool, started, finish, fill } = createFakePool(5);
    expect(started()).toBe(2);
    await finish();
    expect(started()).toBe(3);
    await fill();
    expect(started()).toBe(5);
    expect(pool).toMatchObject({ spare: 5, generated: 5 });
  });

  it('hands out each key once, the oldest first, and makes another', async () => {
    const { pool, started, fill } = createFakePool(2);
    await fill();
    expect([pool.takeSpare(), pool.takeSpare(), pool.takeSpare()].map(numberOf)).toEqual([
      1,
      2,
      undefined,
    ]);
    expect(started()).toBe(4);
  });

  it('serves those who wait in their order, before it keeps a key', async () => {
    const { pool, started, finish, fill } = createFakePool(1);
    const waiting = [pool.awaitNext(), pool.awaitNext(), pool.awaitNext()];
    expect(started()).toBe(2);
    await finish();
    expect(pool.spare).toBe(0);
    await fill();
    expect((await Promise.all(waiting)).map(numberOf)).toEqual([1, 2, 3]);
    expect(pool).toMatchObject({ spare: 1, generated: 4 });
  });

  it('gives a key that is given back to who waits, or keeps it', async () => {
    const { pool } = createFakePool(1);
    const waiting = pool.awaitNext();
    pool.giveBack(fakeKey(77));
    pool.giveBack(fakeKey(78));
    expect(numberOf(await waiting)).toBe(77);
    expect(numberOf(pool.takeSpare())).toBe(78);
  });

  it('tells those who wait that a key could not be made, and tries again when asked', async () => {
    const { pool, started, fail, fill } = createFakePool(1);
    const waiting = [pool.awaitNext(), pool.awaitNext()];
    const told = Promise.allSettled(waiting);
    await fail(new Error('no entropy'));
    expect(await told).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    await fail(new Error('no entropy'));
    const before = started();
    expect(pool.takeSpare()).toBeUndefined();
    expect(started()).toBe(before + 1);
    await fill();
    expect(pool.spare).toBe(1);
  });

  it('when closed drops its keys, refuses who waits, and makes no more', async () => {
    const { pool, started, finish } = createFakePool(2);
    await finish();
    const taken = pool.takeSpare();
    const waiting = pool.awaitNext();
    const begun = started();
    pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'UNWRAP_RING_CLOSED' });
    await expect(pool.awaitNext()).rejects.toMatchObject({ code: 'UNWRAP_RING_CLOSED' });
    await finish();
    await ticks();
    if (taken !== undefined) pool.giveBack(taken);
    expect(pool.spare).toBe(0);
    expect(pool.takeSpare()).toBeUndefined();
    expect(started()).toBe(begun);
  });
});
