// `npm start` as a person uses it: what it prints, how it fails, and what is left after Ctrl-C.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startScript } from '../support/built.ts';
import { createTestClient } from '../support/local-kms.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const HEADINGS = [
  '1. The enclave attests to its recipient key',
  '2. DeriveSharedSecret, against a peer outside of AWS',
  '3. GenerateDataKeyPair, and the wrapped private key again later',
  '4. What must fail does: the key policy denies it',
];

interface Run {
  readonly child: ChildProcess;
  /** For temporary files of the run, and of nobody else. */
  readonly temporary: string;
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output holds `text`. */
  says(text: string): Promise<void>;
  /** Resolves to the exit code, once all output is read. */
  readonly ended: Promise<number | null>;
}

/** Starts the script in a process group of its own, as a shell does. */
function start(...args: string[]): Run {
  const temporary = temporaryDirectory();
  const child = spawn(process.execPath, [startScript, ...args], {
    detached: true,
    cwd: temporary,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(() => {
    for (const pid of membersOf(child)) process.kill(pid, 'SIGKILL');
  });
  const said = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) await once(child.stdout, 'data');
  };
  return {
    child,
    temporary,
    stdout: () => stdout,
    stderr: () => stderr,
    says: (text) =>
      Promise.race([
        said(text),
        ended.then((code) => {
          throw new Error(`ended with ${code} before it said ${text}: ${stderr}`);
        }),
      ]),
    ended,
  };
}

/** The processes of the run that still live. A zombie does not. */
function membersOf({ pid }: ChildProcess): readonly number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, group, state]) => Number(group) === pid && !state?.startsWith('Z'))
    .map(([member]) => Number(member));
}

/** Resolves when at least `count` processes of the run live. */
async function untilMembers(run: Run, count: number): Promise<void> {
  while (membersOf(run.child).length < count) {
    if (run.child.exitCode !== null) throw new Error(`ended too early: ${run.stderr()}`);
    await delay(20);
  }
}

function expectNothingLeft(run: Run): void {
  expect(membersOf(run.child)).toEqual([]);
  expect(readdirSync(run.temporary)).toEqual([]);
}

describe('npm start', () => {
  it('does the main job within 30 s and leaves nothing behind', async () => {
    const began = performance.now();
    const run = start();
    expect(await run.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(30_000);
    const lines = run.stdout().split('\n');
    expect(lines.filter((line) => /^\d+\. /.test(line))).toEqual(HEADINGS);
    expect(run.stdout()).toContain('All went as it should.');
    expectNothingLeft(run);
  });

  it('uses a directory again that it was given before, here by a relative name', async () => {
    const run = start('--directory', 'kept');
    expect(await run.ended).toBe(0);
    const directory = join(run.temporary, 'kept');
    const root = readFileSync(join(directory, 'nsm-root.pem'), 'utf8');
    const again = start('--directory', directory);
    expect(await again.ended).toBe(0);
    expect(again.stdout()).toContain('All went as it should.');
    expect(readFileSync(join(directory, 'nsm-root.pem'), 'utf8')).toBe(root);
  });
});

describe('npm start fails with exit code 3 and says why', () => {
  it('for a port that is busy', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const run = start('--port', String(port));
    expect(await run.ended).toBe(3);
    expect(run.stderr()).toContain(`another process listens on 127.0.0.1 port ${port}`);
    expect(run.stderr()).not.toMatch(/^ +at /m);
    expectNothingLeft(run);
  });

  it('for a socket file that was left over', async () => {
    const directory = temporaryDirectory();
    const socket = join(directory, 'kms.sock');
    // A process that was killed leaves its socket file.
    const bind = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', bind]);
    const run = start('--directory', directory);
    expect(await run.ended).toBe(3);
    expect(run.stderr()).toContain('TRANSPORT_ADDRESS_LEFTOVER');
    expect(run.stderr()).toContain(socket);
    expect(run.stderr()).not.toMatch(/^ +at /m);
    expectNothingLeft(run);
    expect(readdirSync(directory)).toContain('kms.sock');
  });

  it('for a directory that is a file', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const run = start('--directory', file);
    expect(await run.ended).toBe(3);
    expect(run.stderr()).toContain(file);
    expect(run.stderr()).not.toMatch(/^ +at /m);
  });
});

it.each([
  ['an unknown option', '--kept'],
  ['a port that is none', '--port', 'http'],
  ['a port beyond the range', '--port', '65536'],
  ['an argument', 'here'],
])('npm start refuses %s with exit code 2 and its usage', async (_what, ...args) => {
  const run = start(...args);
  expect(await run.ended).toBe(2);
  expect(run.stderr()).toContain('npm start -- [--keep]');
});

it('npm start -- --help says how to use it, and that is what was asked for', async () => {
  const run = start('--help');
  expect(await run.ended).toBe(0);
  expect(run.stdout()).toContain('npm start -- [--keep]');
  expect(run.stderr()).toBe('');
});

describe('Ctrl-C stops every process and removes the directory', () => {
  const toGroup = (pid: number) => process.kill(-pid, 'SIGINT');
  const toProcess = (pid: number) => process.kill(pid, 'SIGINT');
  const comesUp = (run: Run) => untilMembers(run, 2);
  const startsEnclave = async (run: Run) => {
    await run.says('local KMS at');
    await untilMembers(run, 4);
  };
  const isInTheMiddle = (run: Run) => run.says(HEADINGS[1] ?? '');

  // A terminal sends it to the whole process group.
  it.each<[string, string, (pid: number) => void, (run: Run) => Promise<void>]>([
    ['all processes', 'comes up', toGroup, comesUp],
    ['the first process alone', 'comes up', toProcess, comesUp],
    ['the first process alone', 'starts an enclave', toProcess, startsEnclave],
    ['all processes', 'is in the middle of the job', toGroup, isInTheMiddle],
  ])('sent to %s while the stack %s', async (_to, _when, interrupt, moment) => {
    const run = start();
    await moment(run);
    interrupt(run.child.pid ?? 0);
    expect(await run.ended).toBe(130);
    expect(run.stderr()).not.toContain('ended (');
    expect(run.stdout()).not.toContain('All went as it should.');
    expectNothingLeft(run);
  });
});

const haveAws = spawnSync('aws', ['--version']).status === 0;
const haveCurl = spawnSync('curl', ['--version']).status === 0;

describe('npm start -- --keep', () => {
  it('takes its processes with it when it is killed', async () => {
    const run = start('--keep');
    await run.says('readEnclaveConfig(');
    expect(membersOf(run.child).length).toBeGreaterThanOrEqual(4);
    process.kill(run.child.pid ?? 0, 'SIGKILL');
    await run.ended;
    // Nothing tells a process of the end of another that is not its child.
    await vi.waitFor(() => expect(membersOf(run.child)).toEqual([]), 10_000);
  });

  it(`says how to use the stack, and that is true until Ctrl-C${haveAws ? '' : ' (SKIPPED: aws, which is not installed)'}${haveCurl ? '' : ' (SKIPPED: curl, which is not installed)'}`, async () => {
    const run = start('--keep');
    await run.says('readEnclaveConfig(');
    const printed = run
      .stdout()
      .split('\n')
      .map((line) => line.trim());
    expect(membersOf(run.child).length).toBeGreaterThanOrEqual(4);

    const shell = (commands: readonly string[]) =>
      execFileSync('sh', ['-e', '-c', commands.join('\n')], {
        encoding: 'utf8',
        // A person's own settings would do as well, but not for a test.
        env: { PATH: process.env.PATH, HOME: run.temporary },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    if (haveAws) {
      const commands = printed.filter((line) => /^(export|aws) /.test(line));
      expect(commands.at(-1)).toBe('aws kms list-aliases');
      const { Aliases } = JSON.parse(shell(commands)) as { Aliases: { AliasName: string }[] };
      expect(Aliases.map(({ AliasName }) => AliasName)).toContain('alias/main-job-agreement');
    }
    if (haveCurl) {
      const curl = printed.find((line) => line.startsWith('curl ')) ?? '';
      const [, caFile = '', endpoint = ''] = /--cacert (\S+) (https:\S+?)\/_local/.exec(curl) ?? [];
      const client = createTestClient(
        { endpoint },
        { requestHandler: { httpsAgent: { ca: readFileSync(caFile) } } },
      );
      onTestFinished(() => client.destroy());
      const { $metadata } = await client.send(
        new DescribeKeyCommand({ KeyId: 'alias/main-job-wrapping' }),
      );
      const decision = shell([curl.replace('REQUEST-ID', $metadata.requestId ?? '')]);
      expect(JSON.parse(decision)).toMatchObject({ requestId: $metadata.requestId });
    }
    const [, config = ''] = /readEnclaveConfig\('(.+)'\)/.exec(run.stdout()) ?? [];
    expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({ profile: 'development' });

    process.kill(-(run.child.pid ?? 0), 'SIGINT');
    expect(await run.ended).toBe(0);
    expectNothingLeft(run);
  });
});
