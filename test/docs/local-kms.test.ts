// The page on the local KMS is true: its commands run, in their order, against the server that it
// starts from the seed that it shows.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseSeed } from '../../local-kms/index.ts';
import { haveAwsCli } from '../support/aws-cli.ts';
import { binary } from '../support/built.ts';
import { startKmsProcess } from '../support/kms-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const root = join(import.meta.dirname, '..', '..');
const path = join(root, 'docs', 'local-kms.md');
const page = readFileSync(path, 'utf8');

const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text as string,
  );

const [seed = ''] = blocksOf('yaml');
const [start = '', ...commands] = blocksOf('sh');
const [output = ''] = blocksOf('text');
const [suite = ''] = blocksOf('js');

const PORT = '4599';
const NPX = `npx() { shift; '${process.execPath}' '${binary}' "$@"; }\n`;

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

const haveCurl = spawnSync('curl', ['--version']).status === 0;
const missing = [haveAwsCli ? [] : ['aws'], haveCurl ? [] : ['curl']].flat();
const skipped = missing.length === 0 ? '' : ` (SKIPPED: ${missing.join(' and ')}, not installed)`;

describe('docs/local-kms.md', () => {
  it('shows a seed that is one', () => {
    const { keys, principals } = parseSeed(seed);
    expect([keys.length, principals?.length]).toEqual([1, 2]);
  });

  it.skipIf(missing.length > 0)(
    `gives commands that work, in order${skipped}`,
    { timeout: 90_000 },
    async () => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'seed.yaml'), seed);
      const port = await freePort();
      const argv = start.replaceAll(PORT, port).trim().split(' ');
      expect(argv.slice(0, 3)).toEqual(['npx', 'nitro-key-broker', 'local-kms']);
      const kms = await startKmsProcess(argv.slice(3), { cwd: directory });
      onTestFinished(() => void kms.child.kill('SIGKILL'));

      const shell = (blocks: readonly string[]): string =>
        execFileSync(
          'bash',
          ['-euo', 'pipefail', '-c', NPX + blocks.join('').replaceAll(PORT, port)],
          {
            cwd: directory,
            encoding: 'utf8',
            // A socket for standard input has bash read its start-up files.
            stdio: ['ignore', 'pipe', 'pipe'],
            env: { PATH: process.env.PATH, HOME: directory, AWS_EC2_METADATA_DISABLED: 'true' },
          },
        );
      const online = commands.filter((command) => !command.includes('--export'));
      const offline = commands.filter((command) => command.includes('--export'));
      expect([online.length, offline.length]).toEqual([5, 1]);

      const said = shell(online);
      expect(said).toContain('arn:aws:kms:us-east-1:111122223333:key/1234abcd');
      expect(said).toContain('denied, as it should be');
      for (const line of output.trimEnd().split('\n')) {
        expect(said).toContain(JSON.stringify(line).slice(1, -1));
      }
      expect(said).toContain('"errorCode":"AccessDenied"');
      const throttled = readFileSync(join(directory, 'kms', 'audit.jsonl'), 'utf8');
      expect(throttled).toContain('"eventName":"GenerateRandom"');

      await kms.stop();
      shell(offline);
      const exported = parseSeed(readFileSync(join(directory, 'exported.yaml'), 'utf8'));
      expect(exported.keys.map(({ keyId }) => keyId)).toEqual(
        parseSeed(seed).keys.map((key) => key.keyId),
      );
    },
  );

  it('gives a test suite that passes', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'node_modules', '@aws-sdk'), { recursive: true });
    symlinkSync(root, join(directory, 'node_modules', 'nitro-key-broker'));
    symlinkSync(
      join(root, 'node_modules', '@aws-sdk', 'client-kms'),
      join(directory, 'node_modules', '@aws-sdk', 'client-kms'),
    );
    writeFileSync(join(directory, 'kms.test.mjs'), suite);
    const args = ['--test', '--test-reporter=tap', 'kms.test.mjs'];
    const { status, stdout } = spawnSync(process.execPath, args, {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(stdout).toContain('# pass 1');
    expect(status).toBe(0);
  });

  it('links to files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, to]) => to as string);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((to) => !existsSync(join(dirname(path), to)))).toEqual([]);
  });
});
