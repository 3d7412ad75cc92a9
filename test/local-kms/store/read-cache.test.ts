import { describe, expect, it } from 'vitest';
import { createReadCache } from '../../../local-kms/store/read-cache.ts';
import { deferred } from '../../support/deferred.ts';

describe('createReadCache', () => {
  it('reads once what nobody writes', () => {
    const cache = createReadCache(2);
    let reads = 0;
    const read = () => cache.read('a', () => ++reads);
    expect([read(), read()]).toEqual([1, 1]);
    expect(cache.read('b', () => 'other')).toBe('other');
  });

  it('remembers that there was nothing', () => {
    const cache = createReadCache(2);
    let reads = 0;
    const read = () =>
      cache.read('a', () => {
        reads += 1;
        return undefined;
      });
    expect([read(), read(), reads]).toEqual([undefined, undefined, 1]);
  });

  it('remembers nothing across a write, nor what was read while one went on', async () => {
    const cache = createReadCache(2);
    let stored = 'old';
    const read = () => cache.read('a', () => stored);
    expect(read()).toBe('old');
    const [first, second] = [deferred<void>(), deferred<void>()];
    const writes = [cache.write(() => first.promise), cache.write(() => second.promise)];
    expect(read()).toBe('old');
    stored = 'new';
    first.resolve();
    await writes[0];
    expect(read()).toBe('new');
    stored = 'newer';
    expect(read()).toBe('newer');
    second.resolve();
    await writes[1];
    expect(read()).toBe('newer');
  });

  it('reads anew after a write that failed', async () => {
    const cache = createReadCache(2);
    let reads = 0;
    const read = () => cache.read('a', () => ++reads);
    read();
    await expect(cache.write(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
    expect([read(), read()]).toEqual([2, 2]);
  });
});
