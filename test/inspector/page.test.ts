import { createHash } from 'node:crypto';
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
