import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { holdKey } from '../../../enclave/recipient/held-key.ts';
import { createKeyOfWindow } from '../../../enclave/recipient/key-of-window.ts';
import { createFakePool, ticks } from './fake-keys.ts';

/** Windows of a minute; a document is the SPKI that it carries and its number. */
async function create({ spareKeys = 1, documentSeconds = 60 } = {}) {
  let time = 0;
  let documents = 0;
  let waited = 0;
  const fake = createFakePool(spareKeys);
  const source = createKeyOfWindow({
    pool: fake.pool,
    hold: (key) => holdKey(key, 3),
    attest: async ([number = 0]) => Uint8Array.of(number, ++documents),
    documentSeconds,
    rotationSeconds: 60,
    monotonic: () => time,
    onWait() {
      waited += 1;
    },
  });
  await fake.fill();
  const call = (fresh = false) => source.keyForCall(fresh);
  return {
    ...fake,
    source,
    call,
    keyNumber: async () => (await call()).document[0],
    waited: () => waited,
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}

const open = async ({ key }: Awaited<ReturnType<Awaited<ReturnType<typeof create>>['call']>>) =>
  (await key.open(new Uint8Array(0))).reveal(([number]) => number);

describe('the key of a window', () => {
  afterEach(() => vi.useRealTimers());

  it('is one for all calls of the window, with one document', async () => {
    const { call, pass, waited } = await create();
    const first = await call();
    pass(59.999);
    const last = await call();
    expect(last.key).toBe(first.key);
    expect(last.document).toBe(first.document);
    expect(waited()).toBe(0);
  });

  it('is another in the next window, and so is the document', async () => {
    const { call, pass, fill, waited } = await create({ documentSeconds: 240 });
    const first = await call();
    await fill();
    pass(60);
    const second = await call();
    expect([first.document[0], second.document[0]]).toEqual([1, 2]);
    expect(second.reused).toBe(false);
    expect(waited()).toBe(0);
  });

  it('still opens what calls of earlier windows wait for', async () => {
    const { call, pass, fill } = await create();
    const calls = [];
    for (let window = 0; window < 4; window++) {
      calls.push(await call());
      await fill();
      pass(60);
    }
    expect(await Promise.all(calls.map(open))).toEqual([1, 2, 3, 4]);
  });

  it('changes once for calls at once', async () => {
    const { call, pass, fill, pool } = await create({ spareKeys: 3 });
    await call();
    await fill();
    pass(60);
    const calls = await Promise.all(Array.from({ length: 64 }, () => call()));
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(pool.spare).toBe(2);
  });

  it('stays for up to a second window while there is no other, and no call waits', async () => {
    const { keyNumber, pass, fill, waited } = await create();
    expect(await keyNumber()).toBe(1);
    pass(60);
    expect(await keyNumber()).toBe(1);
    pass(59.999);
    expect(await keyNumber()).toBe(1);
    await fill();
    expect(await keyNumber()).toBe(2);
    expect(waited()).toBe(0);
  });

  it('is waited for after two windows, by calls that then share it', async () => {
    const { call, pass, finish, waited } = await create();
    await call();
    pass(120);
    const calls = [call(), call(), call()];
    await ticks();
    expect(waited()).toBe(3);
    await finish();
    const keys = (await Promise.all(calls)).map(({ key }) => key);
    expect(new Set(keys).size).toBe(1);
    expect(await open(await call())).toBe(2);
  });

  it('is asked for anew after it could not be made', async () => {
    const { call, pass, fail, fill } = await create();
    await call();
    pass(120);
    const refused = expect(call()).rejects.toThrow('no entropy');
    await ticks();
    await fail(new Error('no entropy'));
    await refused;
    const next = call();
    await ticks();
    await fill();
    expect(await open(await next)).toBeGreaterThan(1);
  });

  it('is another after it was given up, at once', async () => {
    const { call, fill, waited } = await create();
    const first = await call();
    await fill();
    first.key.letGo();
    expect((await call()).key).not.toBe(first.key);
    expect(waited()).toBe(0);
  });

  it('outlives the call', async () => {
    const { call } = await create();
    const first = await call();
    first.release();
    expect(await open(await call())).toBe(1);
  });

  it('is not handed out after two windows of silence', async () => {
    vi.useFakeTimers();
    const { call, fill, keyNumber } = await create();
    await call();
    await fill();
    // The clock that is passed in stands still: only the timer can have ended the window.
    vi.advanceTimersByTime(119_999);
    expect(await keyNumber()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await keyNumber()).toBe(2);
  });

  it('is let go of when the source is closed, with its timer', async () => {
    vi.useFakeTimers();
    const { call, source } = await create();
    const { key } = await call();
    source.close();
    expect(key.gone).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never is older than a window while there are others, nor its document than it may be', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.boolean()), { maxLength: 30 }),
        async (steps) => {
          const { call, pass, fill, waited } = await create({ documentSeconds: 45 });
          const since = new Map<unknown, number>();
          let now = 0;
          for (const [seconds, fresh] of steps) {
            pass(seconds);
            now += seconds;
            const { key, document, reused } = await call(fresh);
            const [keyAge, documentAge] = [key, document].map((thing) => {
              if (!since.has(thing)) since.set(thing, now);
              return now - (since.get(thing) ?? now);
            }) as [number, number];
            expect(keyAge).toBeLessThan(60);
            expect(documentAge).toBeLessThan(fresh ? 1 : 45);
            expect(reused).toBe(documentAge >= 1);
            expect(document[0]).toBe(await open({ key } as never));
            await fill();
          }
          expect(waited()).toBe(0);
        },
      ),
      { numRuns: 50 },
    ));
});
