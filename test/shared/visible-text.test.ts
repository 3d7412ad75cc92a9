import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleExcerpt, visibleText } from '../../shared/visible-text.ts';
import { UNPRINTED } from '../support/plain-text.ts';

describe('visibleText', () => {
  it.each([
    ['nothing of a plain text', 'i-0123 é 漢字 😀 "\\', 'i-0123 é 漢字 😀 "\\'],
    ['an escape sequence', 'a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['its form in one character', '\u009b2J', '\\u009b2J'],
    ['line ends', 'a\r\nb\u2028c', 'a\\u000d\\u000ab\\u2028c'],
    ['zero and delete', '\u0000\u007f', '\\u0000\\u007f'],
    ['directional overrides', '\u202egnp.exe', '\\u202egnp.exe'],
    ['a byte order mark', '\ufeff', '\\ufeff'],
    ['a lone surrogate', '\ud800', '\\ud800'],
    ['a blank letter', '\u3164', '\\u3164'],
    ['the fourth mark on a letter', 'e\u0301\u0301\u0301\u0301', 'e\u0301\u0301\u0301\\u0301'],
    ['a tag character, which is two units', '\u{e0041}', '\\udb40\\udc41'],
  ])('spells out %s', (_what, text, expected) => {
    expect(visibleText(text)).toBe(expected);
  });

  it('leaves readable text as it is, in any script', () => {
    const text = 'i-0a1b.us-east-1 <b>é</b> 鍵 ключ مفتاح 🔑 "&amp;"';
    expect(visibleText(text)).toBe(text);
  });

  it('cuts what is too long and says how much', () => {
    expect(visibleExcerpt('x'.repeat(1000), 10)).toBe(`${'x'.repeat(10)}… (990 more characters)`);
  });

  it('changes nothing when applied twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = visibleText(text);
        expect(visibleText(shown)).toBe(shown);
      }),
    );
  });

  it('leaves the value of a JSON text as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = visibleText(JSON.stringify({ text }));
        expect(shown).not.toMatch(UNPRINTED);
        expect(JSON.parse(shown)).toEqual({ text });
      }),
    );
  });
});
