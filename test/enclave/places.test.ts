import { describe, expect, it } from 'vitest';
import { createPlaces } from '../../enclave/places.ts';

/** Takes places and notes who had to leave them. */
function scene(count: number) {
  const places = createPlaces(count);
  const evicted: string[] = [];
  return { evicted, take: (name: string) => places.take(() => evicted.push(name)) };
}

describe('places', () => {
  it('are given to whoever comes, that of who has waited longest first', () => {
    const { take, evicted } = scene(2);
    for (const name of ['a', 'b', 'c', 'd']) expect(take(name)).toBeDefined();
    expect(evicted).toEqual(['a', 'b']);
  });

  it('are not given away while they are free', () => {
    const { take, evicted } = scene(2);
    take('a');
    take('b')?.leave();
    take('c');
    expect(evicted).toEqual([]);
  });

  it('are left once, however often it is said', () => {
    const { take, evicted } = scene(1);
    const place = take('a');
    place?.leave();
    place?.leave();
    take('b');
    take('c');
    expect(evicted).toEqual(['b']);
  });

  it('are not free again by the leaving of who was evicted', () => {
    const { take, evicted } = scene(1);
    const place = take('a');
    take('b');
    place?.leave();
    take('c');
    expect(evicted).toEqual(['a', 'b']);
  });

  it('that are kept go to nobody, and there are none if all are', () => {
    const { take, evicted } = scene(2);
    take('a')?.keep();
    const place = take('b');
    const end = place?.keep();
    expect(take('c')).toBeUndefined();
    end?.();
    expect(take('d')).toBeDefined();
    expect(evicted).toEqual(['b']);
  });

  it('are kept until every reason has ended, each once', () => {
    const { take, evicted } = scene(1);
    const place = take('a');
    const [first, second] = [place?.keep(), place?.keep()];
    first?.();
    first?.();
    expect(take('b')).toBeUndefined();
    second?.();
    expect(take('c')).toBeDefined();
    expect(evicted).toEqual(['a']);
  });

  it('that were kept wait behind the others', () => {
    const { take, evicted } = scene(2);
    const end = take('a')?.keep();
    take('b');
    end?.();
    take('c');
    take('d');
    expect(evicted).toEqual(['b', 'a']);
  });

  it('that were left while they were kept are nobody’s to be evicted from', () => {
    const { take, evicted } = scene(1);
    const place = take('a');
    const end = place?.keep();
    place?.leave();
    end?.();
    take('b');
    expect(evicted).toEqual([]);
  });
});
