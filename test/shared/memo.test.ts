import { describe, expect, it, vi } from 'vitest';
import { createMemo } from '../../shared/memo.ts';

describe('createMemo', () => {
  it('makes a value once', () => {
    const memo = createMemo<string, object>(2);
    const make = vi.fn(() => ({}));
    expect(memo('a', make)).toBe(memo('a', make));
    expect(make).toHaveBeenCalledOnce();
  });

  it('forgets the one that was unused for longest', () => {
    const memo = createMemo<string, string>(2);
    const made: string[] = [];
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
      memo(key, () => {
        made.push(key);
        return key;
      });
    }
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });

  it('remembers nothing of what could not be made', () => {
    const memo = createMemo<string, string>(2);
    const fail = () => {
      throw new Error('not now');
    };
    expect(() => memo('a', fail)).toThrow('not now');
    expect(memo('a', () => 'later')).toBe('later');
  });
});
