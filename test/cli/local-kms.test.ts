import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateKeyCommand, type KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { localKmsCommand } from '../../cli/local-kms.ts';
import { runCommand } from '../support/command-io.ts';
import { createTestClient } from '../support/local-kms.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const binary = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const run = (...argv: string[]) => runCommand([localKmsCommand], ['local-kms', ...argv]);

describe('local-kms command line', () => {
  it.each([
    ['two stores', '--in-memory', '--data', '/tmp/x'],
    ['a port that is none', '--in-memory', '--port', '65536'],
    ['a port in hex', '--in-memory', '--port', '0x10'],
    ['an account that is none', '--in-memory', '--account', '1'],
    ['a region that is none', '--in-memory', '--region', 'Europe'],
    ['a clock that is none', '--in-memory', '--attestation-clock', 'noon'],
    ['an unknown option', '--in-memory', '--fast'],
    ['a positional', '--in-memory', 'here'],
  ])('refuses %s as wrong usage', async (_name, ...argv) => {
    const { exitCode, stdout } = await run(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toHaveLength(0);
  });

  it('exits 3 for a file that cannot be read, and for a busy port', async () => {
    expect((await run('--in-memory', '--seed', '/nonexistent')).exitCode).toBe(3);
    expect((await run('--in-memory', '--trust-anchor', '/nonexistent')).exitCode).toBe(3);
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const busy = await run('--in-memory', '--http', '--port', String(port));
    expect(busy.exitCode).toBe(3);
    expect(busy.stderr).toContain(`another process listens on 127.0.0.1 port ${port}`);
    expect(busy.stdout).toHaveLength(0);
  });

  it('refuses a seed file with a key that it does not know', async () => {
    const seed = join(temporaryDirectory(), 'seed.yaml');
    writeFileSync(seed, 'principals: []\nkeys: []\n');
    expect((await run('--in-memory', '--seed', seed)).exitCode).toBe(2);
  });
});

interface Running {
  readonly child: ChildProcess;
  readonly ready: { readonly endpoint: string; readonly ca: string | null };
  readonly stderr: () => string;
}

async function startProcess(...argv: string[]): Promise<Running> {
  const child = spawn(process.execPath, [binary, 'local-kms', '--port', '0', '--json', ...argv]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const said = () => Buffer.concat(stderr).toString();
  const line = once(createInterface({ input: child.stdout }), 'line');
  const exit = once(child, 'exit').then(() => {
    throw new Error(`the process ended before it answered: ${said()}`);
  });
  const [text] = (await Promise.race([line, exit])) as [string];
  exit.catch(() => undefined);
  return { child, ready: JSON.parse(text), stderr: said };
}

async function stop(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL') {
  const exit = once(child, 'exit');
  child.kill(signal);
  const [code] = await exit;
  return code as number | null;
}

function clientOf({ ready }: Running): KMSClient {
  const ca = ready.ca === null ? undefined : readFileSync(ready.ca, 'utf8');
  const client = createTestClient(ready, {
    ...(ca !== undefined && { requestHandler: { httpsAgent: new Agent({ ca }) } }),
  });
  onTestFinished(() => client.destroy());
  return client;
}

describe.skipIf(!existsSync(binary))('local-kms process (skipped until it is built)', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('answers over TLS until %s', async (signal) => {
    const running = await startProcess('--in-memory');
    expect((await clientOf(running).send(new CreateKeyCommand())).KeyMetadata?.Enabled).toBe(true);
    expect(await stop(running.child, signal)).toBe(0);
    expect(running.stderr()).toContain('for development and tests');
    // The temporary CA went with it.
    expect(existsSync(running.ready.ca as string)).toBe(false);
  });

  it('in memory leaves nothing behind: what it did when it was killed, the next one removes', async () => {
    const directory = temporaryDirectory();
    vi.stubEnv('TMPDIR', directory);
    onTestFinished(() => void vi.unstubAllEnvs());
    const killed = await startProcess('--in-memory');
    await clientOf(killed).send(new CreateKeyCommand());
    await stop(killed.child, 'SIGKILL');
    const next = await startProcess('--in-memory');
    expect(readdirSync(directory)).toEqual([basename(dirname(next.ready.ca as string))]);
    expect(await stop(next.child, 'SIGTERM')).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is refused a store that another process has open, until that one is gone', async () => {
    const data = join(temporaryDirectory(), 'data');
    const first = await startProcess('--data', data);
    const second = spawnSync(
      process.execPath,
      [binary, 'local-kms', '--port', '0', '--data', data],
      { encoding: 'utf8' },
    );
    expect(second).toMatchObject({ status: 3, stdout: '' });
    expect(second.stderr).toContain('LOCAL_KMS_LOCKED');
    expect((await clientOf(first).send(new CreateKeyCommand())).KeyMetadata?.Enabled).toBe(true);
    await stop(first.child, 'SIGKILL');

    const third = await startProcess('--data', data);
    expect((await clientOf(third).send(new ListKeysCommand())).Keys).toHaveLength(1);
    expect(await stop(third.child, 'SIGTERM')).toBe(0);
  });
});
