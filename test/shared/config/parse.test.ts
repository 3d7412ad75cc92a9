import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addressSchema, parseConfig, readConfigFile } from '../../../shared/config/index.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const maxBytes = 65_536;
const schema = z.strictObject({
  name: z.string(),
  parts: z.array(z.strictObject({ size: z.int() })).default([]),
  listen: addressSchema.optional(),
});
const example = 'name: a "quoted" word\nparts:\n  - size: 1\n  - {size: 2}\nlisten: unix:/run/s\n';

const parse = (text: string): unknown => parseConfig(text, { schema, maxBytes });

describe('a configuration', () => {
  it('is read from YAML', () => {
    expect(parse(example)).toEqual({
      name: 'a "quoted" word',
      parts: [{ size: 1 }, { size: 2 }],
      listen: { kind: 'unix', path: '/run/s' },
    });
  });

  it('is read from JSON', () => {
    expect(parse('{"name": "x", "parts": [{"size": 1}]}')).toEqual({
      name: 'x',
      parts: [{ size: 1 }],
    });
  });

  it.each([
    ['an unknown key', 'name: a\nnmae: b', 'CONFIG_UNKNOWN_KEY', 'nmae'],
    [
      'an unknown key inside',
      'name: a\nparts: [{size: 1, sise: 2}]',
      'CONFIG_UNKNOWN_KEY',
      'parts[0].sise',
    ],
    ['the key __proto__', 'name: a\n__proto__: {x: 1}', 'CONFIG_UNKNOWN_KEY', '__proto__'],
    ['a merge key', 'name: a\n<<: {parts: []}', 'CONFIG_UNKNOWN_KEY', '<<'],
    ['a key missing', 'parts: []', 'CONFIG_INVALID', 'name'],
    ['a value of another type', 'name: a\nparts: [{size: "1"}]', 'CONFIG_INVALID', 'parts[0].size'],
    ['an address that is none', 'name: a\nlisten: host:80', 'CONFIG_INVALID', 'listen'],
    ['no map', '[]', 'CONFIG_INVALID', 'the file'],
    ['nothing', '', 'CONFIG_INVALID', 'the file'],
  ])('with %s is refused, naming the key', (_what, text, code, key) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code, details: { key } }));
  });

  it('with the key __proto__ in a record is refused: zod would leave the member out', () => {
    const record = z.record(z.string(), z.string());
    expect(() => parseConfig('{a: x, __proto__: y}', { schema: record, maxBytes })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN_KEY', details: { key: '__proto__' } }),
    );
  });

  it.each([
    ['a duplicate key', 'name: a\nname: b', 'CONFIG_SYNTAX'],
    ['a second document', 'name: a\n---\nname: b', 'CONFIG_SYNTAX'],
    ['an anchor and an alias', 'name: &a x\nparts: *a', 'CONFIG_SYNTAX'],
    ['a tag', 'name: !!binary aGk=', 'CONFIG_SYNTAX'],
    ['a list for a key', '[name]: a', 'CONFIG_SYNTAX'],
    ['an open bracket', 'name: [', 'CONFIG_SYNTAX'],
    ['an open quote', 'name: "a', 'CONFIG_SYNTAX'],
    ['brackets nested too deep', `name: ${'['.repeat(17)}${']'.repeat(17)}`, 'CONFIG_SYNTAX'],
    ['a bomb of brackets', '['.repeat(maxBytes), 'CONFIG_SYNTAX'],
    ['a bomb of balanced brackets', '['.repeat(30_000) + ']'.repeat(30_000), 'CONFIG_SYNTAX'],
    ['a bomb of dashes', '- '.repeat(maxBytes / 2), 'CONFIG_SYNTAX'],
    ['a bomb of question marks', '? '.repeat(maxBytes / 2), 'CONFIG_SYNTAX'],
    ['a bomb of colons', 'a: '.repeat(maxBytes / 4), 'CONFIG_SYNTAX'],
    ['a bomb of indentation', steps(300), 'CONFIG_UNKNOWN_KEY'],
    ['too many bytes', `name: ${'é'.repeat(maxBytes / 2)}`, 'CONFIG_TOO_LARGE'],
  ])('with %s is refused', (_what, text, code) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code }));
  });

  it('does not repeat a value in its error, which may be private', () => {
    for (const text of ['name: [PRIVATE]', 'name: "PRIVATE', 'name: a\nparts: PRIVATE']) {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('PRIVATE') }),
      );
    }
  });

  it('is read or refused with a code, whatever one changed byte makes of it', () => {
    for (let at = 0; at < example.length; at += 1) {
      for (const byte of ['\0', '"', '{', ':', '\n', '-', '9']) {
        expectReadOrCode(example.slice(0, at) + byte + example.slice(at + 1));
      }
    }
  });

  it('is read or refused with a code, for any text', () => {
    const piece = fc.constantFrom(
      'name',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      '\n',
      '  ',
      '?',
      '#',
      '|',
    );
    fc.assert(fc.property(fc.string(), expectReadOrCode));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) =>
        expectReadOrCode(pieces.join('')),
      ),
    );
  });
});

describe('a configuration file', () => {
  function fileWith(content: string | Uint8Array): string {
    const path = join(temporaryDirectory(), 'config');
    writeFileSync(path, content);
    return path;
  }

  it('is read whole up to the limit', async () => {
    expect(await readConfigFile(fileWith('x'.repeat(100)), 100)).toBe('x'.repeat(100));
  });

  it.each([
    ['is not there', () => '/nonexistent/config', 'CONFIG_UNREADABLE'],
    ['is a directory', () => temporaryDirectory(), 'CONFIG_UNREADABLE'],
    ['has a byte too many', () => fileWith('x'.repeat(101)), 'CONFIG_TOO_LARGE'],
    ['never ends', () => '/dev/zero', 'CONFIG_TOO_LARGE'],
    ['is not UTF-8', () => fileWith(new Uint8Array([0x61, 0xff])), 'CONFIG_SYNTAX'],
  ])('that %s is refused', async (_what, makePath, code) => {
    await expect(readConfigFile(makePath(), 100)).rejects.toMatchObject({ code });
  });
});

function steps(depth: number): string {
  return Array.from({ length: depth }, (_, index) => `${' '.repeat(index)}a:`).join('\n');
}

function expectReadOrCode(text: string): void {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
  }
}
