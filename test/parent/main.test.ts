import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runParent } from '../../parent/main.ts';
import { connect, parseAddress } from '../../shared/vsock/index.ts';
import { deferred } from '../support/deferred.ts';
import { httpRequest } from '../support/http-request.ts';
import { readText } from '../support/streams.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Setup {
  readonly directory: string;
  readonly configPath: string;
}

/** A configuration with one proxy to an echo server and the credentials of a file. */
async function prepare(
  more: readonly { readonly listen: string; readonly remote: object }[] = [],
  directory = temporaryDirectory(),
): Promise<Setup> {
  const port = await portOf(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
  writeFileSync(
    join(directory, 'credentials.json'),
    JSON.stringify({ AccessKeyId: 'local', SecretAccessKey: 'TESTONLY' }),
    { mode: 0o600 },
  );
  const config = {
    proxy: [{ listen: `unix:${directory}/kms`, remote: { host: '127.0.0.1', port } }, ...more],
    allowlist: [{ address: '127.0.0.1', port }],
    credentials: {
      listen: `unix:${directory}/credentials`,
      source: { kind: 'static', file: 'credentials.json' },
    },
  };
  const configPath = join(directory, 'parent.json');
  writeFileSync(configPath, JSON.stringify(config));
  return { directory, configPath };
}

function run(configPath: string, onLine: (line: string) => void = () => undefined) {
  const stop = new AbortController();
  const ready = deferred<string>();
  const logged: string[] = [];
  const done = runParent({
    configPath,
    stdout(line) {
      onLine(line);
      ready.resolve(line);
    },
    stderr: (line) => logged.push(line),
    now: () => 0,
    signal: stop.signal,
  });
  return { stop: () => stop.abort(), ready: ready.promise, logged, done };
}

describe('the parent process', () => {
  it('says where it answers, serves, and stops in order', async () => {
    const { directory, configPath } = await prepare();
    const parent = run(configPath);
    const ready = JSON.parse(await parent.ready) as Record<string, unknown>;
    expect(ready).toEqual({
      event: 'ready',
      proxy: [
        {
          listen: `unix:${directory}/kms`,
          remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        },
      ],
      credentials: `unix:${directory}/credentials`,
    });

    const socket = await connect(parseAddress(`unix:${directory}/kms`), { timeoutMs: 5000 });
    socket.end('through the parent');
    expect(await readText(socket)).toBe('through the parent');
    const answer = await httpRequest(parseAddress(`unix:${directory}/credentials`), '/');
    expect(JSON.parse(answer.body)).toEqual({ AccessKeyId: 'local', SecretAccessKey: 'TESTONLY' });

    parent.stop();
    await parent.done;
    expect(existsSync(`${directory}/kms`)).toBe(false);
    expect(existsSync(`${directory}/credentials`)).toBe(false);
    const events = parent.logged.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events.toSorted()).toEqual(
      ['connection closed', 'credentials served', 'stopping', 'stopped'].toSorted(),
    );
    expect(parent.logged.join()).not.toMatch(/through the parent|TESTONLY/);
  });

  it('has the log lines of enclaves on standard output, if it is told to', async () => {
    const { directory, configPath } = await prepare();
    const config = JSON.parse(readFileSync(configPath, 'utf8')) as object;
    const logs = { listen: `unix:${directory}/logs`, to: { kind: 'stdout' } };
    writeFileSync(configPath, JSON.stringify({ ...config, logs }));
    const lines: string[] = [];
    const parent = run(configPath, (line) => lines.push(line));
    expect(JSON.parse(await parent.ready)).toMatchObject({ logs: `unix:${directory}/logs` });
    const socket = await connect(parseAddress(`unix:${directory}/logs`), { timeoutMs: 5000 });
    socket.end('{"event":"enclave up"}\n');
    await readText(socket);
    parent.stop();
    await parent.done;
    expect(lines.slice(1).map((line) => JSON.parse(line) as object)).toEqual([
      { time: '1970-01-01T00:00:00.000Z', line: { event: 'enclave up' } },
    ]);
  });

  it('does not start when a destination is not allowed, and leaves no socket file', async () => {
    const directory = temporaryDirectory();
    const remote = { host: 'evil.test', port: 443 };
    const { configPath } = await prepare(
      [{ listen: `unix:${directory}/other`, remote }],
      directory,
    );
    await expect(run(configPath).done).rejects.toMatchObject({ code: 'ALLOWLIST_DENIED' });
    expect(existsSync(`${directory}/kms`)).toBe(false);
    expect(existsSync(`${directory}/other`)).toBe(false);
  });

  it('does not start when an address is taken, and leaves no socket file of its own', async () => {
    const { directory, configPath } = await prepare();
    const taken = createServer();
    taken.listen(`${directory}/credentials`);
    await once(taken, 'listening');
    onTestFinished(() => {
      taken.close();
    });
    await expect(run(configPath).done).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_IN_USE' });
    expect(existsSync(`${directory}/kms`)).toBe(false);
  });
});

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
