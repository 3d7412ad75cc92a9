// The one binary as it is installed: exit codes, which stream says what, and stopping.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { formatAddress } from '../../shared/vsock/index.ts';
import { binary, dist } from '../support/built.ts';
import { runCommand } from '../support/command-io.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startUnixServer } from '../support/unix-server.ts';

const run = (...args: string[]) =>
  spawnSync(process.execPath, [binary, ...args], { encoding: 'utf8', input: '' });

describe('the installed nitro-key-broker', () => {
  it('says what it can do when asked nothing, with exit code 2', () => {
    const { status, stdout, stderr } = run();
    expect(status).toBe(2);
    for (const { summary } of commands) expect(stdout).toContain(summary);
    expect(stderr).toBe('');
  });

  it('does not know a command that it does not have', () => {
    const { status, stdout, stderr } = run('verfy');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('unknown command: verfy');
  });

  it('explains a command with exit code 0', () => {
    const { status, stdout, stderr } = run('cms', 'open', '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('nitro-key-broker cms open');
    expect(stderr).toBe('');
  });
});

/** Folders of dist/ and packages out of which a run loads modules: V8 lists those for coverage. */
function runAndList(args: readonly string[]) {
  const directory = temporaryDirectory();
  const { status } = spawnSync(process.execPath, [binary, ...args], {
    env: { ...process.env, NODE_V8_COVERAGE: directory },
  });
  const urls = readdirSync(directory).flatMap((file) => {
    const text = readFileSync(join(directory, file), 'utf8');
    return (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url);
  });
  const folder = /.*\/(?:dist|node_modules)\/((?:@[^/]+\/)?[^/]+)\//;
  return { status, loaded: [...new Set(urls.map((url) => folder.exec(url)?.[1]))] };
}

describe('a command that needs no server', () => {
  const document = join(
    dist,
    '..',
    'fixtures',
    'recorded',
    'nitro-20250916-us-east-1-b1086cbb.cose',
  );
  const policy = ['--pcr', `0=${'00'.repeat(48)}`, '--waive-nonce', 'a test', '--max-age', '60'];

  it.each([
    ['the list of commands', 0, ['--help']],
    ['the usage of a server', 0, ['enclave', '--help']],
    ['the verification of a document', 1, ['verify', document, ...policy]],
  ])('loads none: %s', (_what, expected, args) => {
    const { status, loaded } = runAndList(args);
    expect(status).toBe(expected);
    expect(loaded).toContain('cli');
    const heavy = ['parent', 'local-kms', 'zod', 'fastify', 'lmdb', '@aws-sdk/client-kms'];
    expect(loaded.filter((name) => heavy.includes(name ?? ''))).toEqual([]);
  });
});

describe('the command line', () => {
  it.each(['--help', 'help'])('says what it can do when asked with %s', async (how) => {
    const { exitCode, stdout } = await runCommand(commands, [how]);
    expect(exitCode).toBe(0);
    for (const { name } of commands) expect(stdout.toString()).toContain(`  ${name} `);
  });

  it.each(['-v', 'constructor', 'Verify', '', 'nsm bogus', 'cms --version'])(
    'does not know %j',
    async (command) => {
      const { exitCode, stdout, stderr } = await runCommand(commands, command.split(' '));
      expect(exitCode).toBe(2);
      expect(stdout).toHaveLength(0);
      expect(stderr).toContain(`unknown command: ${command}\n`);
    },
  );

  it.each([
    ['cms', '--help'],
    ['nsm', 'help'],
  ])('lists the commands of %s, and no others, when asked with %s', async (group, how) => {
    const { exitCode, stdout, stderr } = await runCommand(commands, [group, how]);
    expect(exitCode).toBe(0);
    for (const { name } of commands) {
      expect(stdout.includes(`  ${name} `)).toBe(name.startsWith(`${group} `));
    }
    expect(stderr).toBe('');
    const incomplete = await runCommand(commands, [group]);
    expect(incomplete.exitCode).toBe(2);
    expect(incomplete.stderr).toBe(`incomplete command: ${group}\n\n${stdout}`);
  });

  it('says which release it is, as a report of a vulnerability must', async () => {
    const { version } = JSON.parse(readFileSync(join(dist, '..', 'package.json'), 'utf8'));
    const { exitCode, stdout } = await runCommand(commands, ['--version']);
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toBe(`${version}\n`);
  });

  it('leaves out the advice that node:util adds to an unknown option', async () => {
    const { stderr } = await runCommand(commands, ['nsm', 'pcr', '-1', '--json']);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'USAGE', message: "Unknown option '-1'" },
    });
  });

  describe.each(commands.map(({ name, usage }) => [name, usage]))('%s', (name, usage) => {
    it('explains itself with exit code 0', async () => {
      const { exitCode, stdout, stderr } = await runCommand(commands, [
        ...name.split(' '),
        '--help',
      ]);
      expect(exitCode).toBe(0);
      expect(stdout.toString()).toBe(`${usage}\n`);
      expect(usage.startsWith(`nitro-key-broker ${name}`)).toBe(true);
      expect(stderr).toBe('');
    });

    it('is wrong usage with an unknown flag', async () => {
      const argv = [...name.split(' '), '--no-such-flag'];
      const { exitCode, stdout, stderr } = await runCommand(commands, argv);
      expect(exitCode).toBe(2);
      expect(stdout).toHaveLength(0);
      expect(stderr).toContain(usage);
      expect(stderr).not.toMatch(/^ +at /m);
    });
  });
});

async function startProcess(
  ...args: string[]
): Promise<{ readonly child: ChildProcess; readonly ready: string; readonly log: () => string }> {
  const child = spawn(process.execPath, [binary, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    log += part;
  });
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`ended with ${code} before it was ready: ${log}`);
  });
  ended.catch(() => undefined);
  const [ready] = await Promise.race([line, ended]);
  return { child, ready, log: () => log };
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT') {
  const closed = once(child, 'close');
  child.kill(signal);
  const [code, killedBy] = await closed;
  return { code, killedBy };
}

function writeJson(name: string, content: object): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}

async function startCredentials(): Promise<string> {
  const body = JSON.stringify({ AccessKeyId: 'ASIA1', SecretAccessKey: 'secret' });
  const address = await startUnixServer((socket) =>
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    ),
  );
  return formatAddress(address);
}

const enclaveConfig = (directory: string, profile: string) => ({
  profile,
  kms: { region: 'eu-west-1', proxy: `unix:${directory}/kms.sock` },
  credentials: `unix:${directory}/credentials.sock`,
  nsm: {
    software: { rootDirectory: directory, instanceId: 'i-0a1b2c3d4e5f60718', pcrs: {} },
  },
});

describe.each(['SIGTERM', 'SIGINT'] as const)('a process that is stopped by %s', (signal) => {
  it('enclave: says that it is ready, warns of its profile, and ends with 0', async () => {
    const config = writeJson('enclave.json', {
      ...enclaveConfig(temporaryDirectory(), 'development'),
      credentials: await startCredentials(),
      selfTest: { operation: 'none' },
    });
    const { child, ready, log } = await startProcess('enclave', '--config', config);
    expect(JSON.parse(ready)).toEqual({ event: 'ready' });
    expect(await stop(child, signal)).toEqual({ code: 0, killedBy: null });
    const events = log()
      .trim()
      .split('\n')
      // Node and the SDK have warnings of their own.
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { event: string });
    expect(events[0]).toMatchObject({ level: 'warn', event: 'development profile' });
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'enclave up', host: 'kms.eu-west-1.amazonaws.com' }),
    );
    expect(events.at(-1)).toMatchObject({ component: 'enclave', event: 'enclave down' });
  });

  it('parent: says where it listens, ends with 0 and removes its socket', async () => {
    const socket = join(temporaryDirectory(), 'kms.sock');
    const config = writeJson('parent.json', {
      proxy: [{ listen: `unix:${socket}`, remote: { host: 'localhost', port: 443 } }],
      allowlist: [{ address: 'localhost', port: 443 }],
    });
    const { child, ready } = await startProcess('parent', '--config', config);
    expect(JSON.parse(ready)).toMatchObject({
      event: 'ready',
      proxy: [{ listen: `unix:${socket}` }],
    });
    expect(existsSync(socket)).toBe(true);
    expect(await stop(child, signal)).toEqual({ code: 0, killedBy: null });
    expect(existsSync(socket)).toBe(false);
  });

  it('local-kms: says its endpoint and ends with 0', async () => {
    const { child, ready } = await startProcess(
      'local-kms',
      '--in-memory',
      '--http',
      '--port',
      '0',
    );
    expect(ready).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await stop(child, signal)).toEqual({ code: 0, killedBy: null });
  });
});

describe('an enclave that must not start', () => {
  it('has a software NSM in production', () => {
    const config = writeJson('enclave.json', enclaveConfig(temporaryDirectory(), 'production'));
    const { status, stdout, stderr } = run('enclave', '--config', config);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('CONFIG_PROFILE');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ['tlsRoots that are not there', 3, 'CONFIG_UNREADABLE', { tlsRoots: '/nonexistent/ca.pem' }],
    ['a key that has no meaning', 2, 'CONFIG_UNKNOWN_KEY', { endpoint: 'http://localhost' }],
  ])('has %s', (_what, exitCode, code, kms) => {
    const config = enclaveConfig(temporaryDirectory(), 'development');
    const path = writeJson('enclave.json', { ...config, kms: { ...config.kms, ...kms } });
    const { status, stdout, stderr } = run('enclave', '--config', path);
    expect(status).toBe(exitCode);
    expect(stdout).toBe('');
    expect(stderr).toContain(code);
  });
});
