/**
 * Matches `text` against a pattern in which `*` stands for any characters and `?` for one.
 *
 * Never goes back beyond the last `*`, so that the worst pattern costs the product of the lengths,
 * and not more for having many stars.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The test that a pattern makes of a text, for a pattern that many texts are held against. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  return /[*?]/.test(pattern)
    ? (text) => matchesWildcard(pattern, text)
    : (text) => text === pattern;
}
