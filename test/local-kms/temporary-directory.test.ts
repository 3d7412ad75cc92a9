import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTemporaryDirectory } from '../../local-kms/temporary-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

let root: string;

beforeEach(() => {
  root = temporaryDirectory();
  vi.stubEnv('TMPDIR', root);
});

afterEach(() => void vi.unstubAllEnvs());

/** As a process leaves one behind that was killed. */
function abandon(name: string): void {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, 'process.lock'), '');
  writeFileSync(join(root, name, 'ca.pem'), 'x');
}

it('a directory is there until it is removed', () => {
  const { path, remove } = createTemporaryDirectory('test-');
  writeFileSync(join(path, 'file'), '');
  remove();
  expect(readdirSync(root)).toEqual([]);
});

it('those that were left behind are removed by the next one, those in use are not', () => {
  const inUse = createTemporaryDirectory('test-');
  abandon('test-1');
  const next = createTemporaryDirectory('test-');
  expect(readdirSync(root)).toHaveLength(2);
  expect([inUse, next].map(({ path }) => existsSync(path))).toEqual([true, true]);
  inUse.remove();
  next.remove();
});

it('nothing is removed that is of another prefix, not locked yet, or no directory', () => {
  abandon('other-1');
  mkdirSync(join(root, 'test-new'));
  writeFileSync(join(root, 'test-file'), '');
  createTemporaryDirectory('test-').remove();
  expect(readdirSync(root)).toEqual(['other-1', 'test-file', 'test-new']);
});
