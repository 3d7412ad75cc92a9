import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from '../../inspector/visible-text.ts';

describe('visibleText', () => {
  it.each([
    ['a directional override', 'abc\u202etxt.exe', 'abc‹U+202E›txt.exe'],
    ['an isolate', '\u2066x\u2069', '‹U+2066›x‹U+2069›'],
    ['a zero-width space', 'a\u200bb', 'a‹U+200B›b'],
    ['an escape sequence', '\u001b[31m', '‹U+001B›[31m'],
    ['a line end', 'a\nb', 'a‹U+000A›b'],
    ['a C1 control', '\u0085', '‹U+0085›'],
    ['a line separator', '\u2028', '‹U+2028›'],
    ['a tag character', '\u{e0041}', '‹U+E0041›'],
    ['half of a surrogate pair', '\ud83d', '‹U+D83D›'],
    ['a blank letter', '\u3164', '‹U+3164›'],
    ['a byte order mark', '\ufeffa', '‹U+FEFF›a'],
    ['the fourth mark on a letter', 'e\u0301\u0301\u0301\u0301', 'e\u0301\u0301\u0301‹U+0301›'],
  ])('spells out %s', (_name, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it('leaves readable text as it is, in any script', () => {
    const text = 'i-0a1b.us-east-1 <b>é</b> 鍵 ключ مفتاح 🔑 "&amp;"';
    expect(visibleText(text)).toBe(text);
  });

  it('cuts what is too long and says how much', () => {
    expect(visibleText('x'.repeat(1000), 10)).toBe(`${'x'.repeat(10)}… (990 more characters)`);
  });

  it('changes nothing when applied twice, and leaves no control or format character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = visibleText(text);
        expect(visibleText(shown)).toBe(shown);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });
});
