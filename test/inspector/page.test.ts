import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildInspectorPage } from '../../scripts/inspector-page.ts';

const root = join(import.meta.dirname, '..', '..');
let html: string;
beforeAll(async () => {
  html = await buildInspectorPage(root);
});

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function only(pattern: RegExp): string {
  const found = [...html.matchAll(pattern)].map((match) => match[1] as string);
  expect(found).toHaveLength(1);
  return found[0] as string;
}

const script = () => only(/<script>(.*?)<\/script>/gs);
const style = () => only(/<style>(.*?)<\/style>/gs);

function directives(): ReadonlyMap<string, string> {
  const policy = only(/<meta http-equiv="Content-Security-Policy" content="([^"]*)">/g);
  return new Map(
    policy.split('; ').map((directive) => {
      const [name, ...values] = directive.split(' ');
      return [name as string, values.join(' ')];
    }),
  );
}

describe('the built page', () => {
  it('admits its own script and style by hash, and nothing else', () => {
    expect(Object.fromEntries(directives())).toEqual({
      'default-src': "'none'",
      'script-src': hashOf(script()),
      'style-src': hashOf(style()),
      'connect-src': "'none'",
      'img-src': "'none'",
      'form-action': "'none'",
      'base-uri': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
  });

  it('states its policy before anything that the policy is about', () => {
    const at = html.indexOf('http-equiv="Content-Security-Policy"');
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThan(html.search(/<(?:style|script|link|img|body)/));
  });

  it('names no address and loads nothing', () => {
    expect(html.match(/https?:\/\/|<[a-z]+\b[^>]*\bsrc=|<link|@import/i)?.[0]).toBeUndefined();
    expect(style()).not.toContain('url(');
  });

  it.each([
    ['eval', /\beval\s*\(/],
    ['new Function', /\bFunction\s*\(/],
    ['innerHTML', /\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/],
    ['fetch', /\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts/],
    ['import()', /\bimport\s*\(/],
  ])('does not use %s', (_name, pattern) => {
    expect(script().match(pattern)?.[0]).toBeUndefined();
  });

  it('has no inline style and no inline handler', () => {
    const markup = html.replace(/<script>.*?<\/script>|<style>.*?<\/style>/gs, '');
    expect(markup.match(/\sstyle=|\son[a-z]+=/i)?.[0]).toBeUndefined();
  });

  it('labels every field', () => {
    const labelled = new Set([...html.matchAll(/<label for="([^"]+)"/g)].map((match) => match[1]));
    const fields = [...html.matchAll(/<(?:input|textarea)\b[^>]*\bid="([^"]+)"/g)];
    expect(fields.length).toBeGreaterThan(10);
    for (const [, id] of fields) expect(labelled).toContain(id);
  });

  it('is the same whenever it is built', async () => {
    expect((await buildInspectorPage(root)) === html).toBe(true);
  });

  it('stays small enough to be read', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(320 * 1024);
  });
});

/** WCAG 2.2: relative luminance, and the ratio of two. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'])('in %s colours', (scheme) => {
  const blocks = readFileSync(join(root, 'inspector', 'style', 'base.css'), 'utf8').split(
    ':root {',
  );
  const block = blocks[scheme === 'light' ? 1 : 2] as string;
  const colours = new Map(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
  const colour = (name: string) => colours.get(name) as string;

  it.each([
    ['ink', 'page'],
    ['ink', 'surface'],
    ['muted', 'page'],
    ['muted', 'surface'],
    ['accent', 'surface'],
    ['on-accent', 'accent'],
    ['passed', 'surface'],
    ['passed', 'passed-soft'],
    ['ink', 'passed-soft'],
    ['failed', 'surface'],
    ['failed', 'failed-soft'],
    ['ink', 'failed-soft'],
    ['muted', 'failed-soft'],
    ['unjudged', 'unjudged-soft'],
    ['ink', 'unjudged-soft'],
  ])('%s on %s is readable (AA, 4.5)', (text, background) => {
    expect(contrast(colour(text), colour(background))).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['edge', 'surface'],
    ['edge', 'page'],
    ['bar', 'sunken'],
    ['ink', 'bar'],
    ['unjudged', 'sunken'],
    ['accent', 'page'],
  ])('%s on %s can be seen (AA, 3)', (shape, background) => {
    expect(contrast(colour(shape), colour(background))).toBeGreaterThanOrEqual(3);
  });
});
