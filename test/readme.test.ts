import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { haveOpenssl } from './support/openssl.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The two that install: continuous integration runs them, and test/end-to-end what they start. */
const INSTALLING = ['npm ci && npm start', 'npm ci && npm test'];

/** npx of npm 11 first prepares the package anew; what it then runs is this. */
const NPX = 'npx() { shift; node dist/cli/main.js "$@"; }\n';

const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text]) => text as string);
const commands = blocks.filter((block) => !INSTALLING.includes(block.split('\n')[0] as string));

describe('README', () => {
  it('begins with the two commands that do everything', () => {
    expect(blocks[0]?.trim().split('\n')).toEqual(INSTALLING);
  });

  it.for(commands)('gives commands that work: %s', (block, context) => {
    if (block.includes('openssl') && !haveOpenssl) context.skip('needs the openssl command');
    const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', NPX + block], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).not.toMatch(/error/i);
    expect(status).toBe(0);
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path as string);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
