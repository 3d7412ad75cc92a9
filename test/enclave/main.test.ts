// The process of an enclave, as it is built: how it says that it is ready, and how it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXIT_CRASHED } from '../../enclave/main.ts';
import { formatAddress } from '../../shared/vsock/index.ts';
import { dist } from '../support/built.ts';
import { findLeaks } from '../support/leak-search.ts';
import { readText } from '../support/streams.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { startUnixServer } from '../support/unix-server.ts';

const url = (...path: string[]): string => pathToFileURL(join(dist, ...path)).href;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process with `application` in the enclave: code in which `secret`, `hex` and `enclave` are known. */
async function run(options: {
  readonly application: string;
  readonly hex?: string;
  readonly more?: object;
  readonly onStarted?: (child: ChildProcess) => void;
}): Promise<Ended> {
  const { application, hex = '00', more = {}, onStarted } = options;
  const directory = temporaryDirectory();
  const body = JSON.stringify({ AccessKeyId: 'ASIA1', SecretAccessKey: 'wJalrXUtnFEMI' });
  const credentials = await startUnixServer((socket) =>
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    ),
  );
  const configPath = join(directory, 'enclave.json');
  writeFileSync(
    configPath,
    JSON.stringify({
      profile: 'development',
      kms: { region: 'us-east-1', proxy: `unix:${directory}/kms.sock` },
      credentials: formatAddress(credentials),
      selfTest: { operation: 'none' },
      nsm: { software: { rootDirectory: directory, instanceId: 'i-0a1b2c3d4e5f60718', pcrs: {} } },
      ...more,
    }),
  );
  const program = `
    import { Buffer } from 'node:buffer';
    import { withStopSignal } from ${JSON.stringify(url('cli', 'stop-signal.js'))};
    import { runEnclave } from ${JSON.stringify(url('enclave', 'main.js'))};
    import { Secret } from ${JSON.stringify(url('shared', 'secret.js'))};
    const hex = process.env.TEST_HEX;
    const secret = new Secret(new Uint8Array(Buffer.from(hex, 'hex')));
    await withStopSignal((signal) => runEnclave({
      configPath: ${JSON.stringify(configPath)},
      env: process.env,
      stdout: (line) => console.log(line),
      stderr: (line) => console.error(line),
      now: Date.now,
      signal,
      application: async (enclave) => { ${application} },
    }));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, TEST_HEX: hex, NODE_NO_WARNINGS: '1' },
  });
  onStarted?.(child);
  const [stdout, stderr, [code]] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

const lastEventOf = ({ stderr }: Ended): object =>
  JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as object;

describe('the process of an enclave', () => {
  it('is ready, does its job, and ends with 0', async () => {
    const ended = await run({ application: 'console.log(enclave.readiness.report().ready);' });
    expect(ended).toMatchObject({ code: 0, stdout: '{"event":"ready"}\ntrue\n' });
    expect(lastEventOf(ended)).toMatchObject({ event: 'enclave down' });
  });

  it.each([
    ['throws in a timer', 'setTimeout(() => { throw failure; }); await new Promise(() => {});'],
    ['leaves a rejection', 'Promise.reject(failure); await new Promise(() => {});'],
    ['throws', 'throw failure;'],
  ])(
    'wipes and ends with 70 when its application %s, and says no more than code and name',
    async (_what, fails) => {
      const hex = randomBytes(32).toString('hex');
      // What was on the secret's place is printed at the very end.
      const application = `
      const bytes = secret.reveal((bytes) => bytes);
      process.on('exit', () => console.log('at exit', Buffer.from(bytes).toString('hex')));
      const failure = Object.assign(new TypeError('key ' + hex), { code: 'E_TEST', key: hex });
      ${fails}`;
      const ended = await run({ application, hex });
      expect(ended.code).toBe(EXIT_CRASHED);
      expect(ended.stdout).toBe(`{"event":"ready"}\nat exit ${'00'.repeat(32)}\n`);
      const { time: _, ...said } = lastEventOf(ended) as { time: string };
      expect(said).toEqual({
        level: 'error',
        component: 'enclave',
        event: 'crashed',
        code: 'E_TEST',
        name: 'TypeError',
      });
      const haystack = { name: 'standard error', bytes: Buffer.from(ended.stderr) };
      expect(
        findLeaks([haystack], [{ name: 'the secret', bytes: Buffer.from(hex, 'hex') }]),
      ).toEqual([]);
      expect(ended.stderr).not.toMatch(/^ +at /m);
    },
  );

  it('ends with 0 when it is stopped before it is ready', async () => {
    const ended = await run({
      application: 'throw new Error("not ready");',
      more: { credentials: 'unix:/nonexistent/credentials.sock' },
      onStarted(child) {
        child.stderr?.on('data', (chunk: Buffer) => {
          if (chunk.includes('READY_CREDENTIALS')) child.kill('SIGTERM');
        });
      },
    });
    expect(ended).toMatchObject({ code: 0, stdout: '' });
  });

  it('sends its log to the parent, without what is not on the list', async () => {
    let sent = '';
    const logs = await startUnixServer((socket) =>
      socket.on('data', (chunk) => {
        sent += chunk.toString();
      }),
    );
    const ended = await run({ application: '', more: { logs: { to: formatAddress(logs) } } });
    expect(ended.code).toBe(0);
    const [inside, outside] = [ended.stderr, sent].map((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
    expect(outside?.map(({ event }) => event)).toEqual(inside?.map(({ event }) => event));
    expect(outside?.[0]).toMatchObject({ event: 'development profile', leftOut: 1 });
    expect(outside?.[0]).not.toHaveProperty('trusts');
    expect(outside).toContainEqual(
      expect.objectContaining({ event: 'readiness', check: 'credentials', ok: true }),
    );
  });

  it('ends with 0 though the parent has cut the connection for its log', async () => {
    const sockets: Socket[] = [];
    const logs = await startUnixServer((socket) => sockets.push(socket.resume()));
    const ended = await run({
      application: 'await new Promise((resolve) => setTimeout(resolve, 300));',
      more: { logs: { to: formatAddress(logs) } },
      onStarted(child) {
        // It is ready, and logs no more until it ends.
        child.stdout?.on('data', () => {
          for (const socket of sockets) socket.destroy();
        });
      },
    });
    expect(ended.code).toBe(0);
    expect(lastEventOf(ended)).toMatchObject({ event: 'enclave down' });
  });
});
