import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWildcard, matchesWildcard } from '../../../shared/key-policy/wildcard.ts';

/** The definition, word for word, and exponential. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*')
    return naive(rest, text) || (text !== '' && naive(pattern, text.slice(1)));
  return (
    text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(rest, text.slice(1))
  );
}

describe('matchesWildcard', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', 'ab', false],
    ['kms:*', 'kms:Decrypt', true],
    ['kms:*', 'kms', false],
    ['*DataKey*', 'GenerateDataKeyPair', true],
    ['a*b*c', 'abbc', true],
    ['a*b*c', 'acb', false],
    ['*ab', 'aab', true],
    ['[a].+', '[a].+', true],
    ['.+', 'ab', false],
    ['**', 'ab', true],
  ])('%j against %j is %j', (pattern, text, matches) => {
    expect(matchesWildcard(pattern, text)).toBe(matches);
  });

  it('equals the definition', () => {
    const letters = (alphabet: string[], maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength });
    fc.assert(
      fc.property(
        letters(['a', 'b', '*', '?'], 8),
        letters(['a', 'b', '*'], 8),
        (pattern, text) => {
          expect(matchesWildcard(pattern, text)).toBe(naive(pattern, text));
          expect(compileWildcard(pattern)(text)).toBe(naive(pattern, text));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes no longer for many stars than the lengths multiply to', () => {
    const text = 'a'.repeat(8192);
    const start = performance.now();
    expect(matchesWildcard(`${'*a'.repeat(4000)}*b`, text)).toBe(false);
    expect(matchesWildcard(`${'*?'.repeat(4000)}b`, text)).toBe(false);
    expect(matchesWildcard(`*${'a'.repeat(4000)}b`, text)).toBe(false);
    // Going back over every star would outlast the universe.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
