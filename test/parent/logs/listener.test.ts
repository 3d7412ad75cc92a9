import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLogListener, type LogListener } from '../../../parent/logs/listener.ts';
import { createRateLimit } from '../../../parent/logs/rate-limit.ts';
import { createLineSink, type LogSink, openLogFile } from '../../../parent/logs/sink.ts';
import { connect, parseAddress } from '../../../shared/vsock/index.ts';
import { recordLog } from '../../support/log-recorder.ts';
import { closed } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

async function start(sink: LogSink): Promise<LogListener> {
  const listener = await createLogListener({
    listen: parseAddress(`unix:${join(temporaryDirectory(), 'logs.sock')}`),
    sink,
    logger: recordLog(),
    now: () => 0,
  });
  onTestFinished(() => listener.close());
  return listener;
}

async function send(listener: LogListener, bytes: string): Promise<void> {
  const socket = await connect(listener.address, { timeoutMs: 5000 });
  socket.resume();
  socket.end(bytes);
  await closed(socket);
}

describe("the parent's side of the enclave's log", () => {
  it('writes lines as they come, and how many were none', async () => {
    const lines: string[] = [];
    const listener = await start(createLineSink((line) => lines.push(line)));
    await send(listener, `{"event":"a"}\nnonsense\n\n${'x'.repeat(20_000)}\n{"event":"b"}\n{"cut`);
    const written = lines.map((line) => JSON.parse(line) as { line?: object; refused?: number });
    expect(written.flatMap(({ line }) => line ?? [])).toEqual([{ event: 'a' }, { event: 'b' }]);
    expect(written.reduce((sum, { refused = 0 }) => sum + refused, 0)).toBe(3);
    expect(lines.join()).not.toContain('nonsense');
  });

  it('reads no more while nobody takes the lines', async () => {
    let resume: (() => void) | undefined;
    const taken: string[] = [];
    const listener = await start({
      write(line) {
        taken.push(line);
        return resume !== undefined;
      },
      onceDrained(callback) {
        resume = callback;
      },
      close: async () => undefined,
    });
    const socket = await connect(listener.address, { timeoutMs: 5000 });
    socket.write('{"n":1}\n');
    await vi.waitFor(() => expect(resume).toBeDefined());
    socket.write('{"n":2}\n');
    socket.end();
    resume?.();
    await vi.waitFor(() => expect(taken).toHaveLength(2));
  });

  it('appends to a file of its own', async () => {
    const path = join(temporaryDirectory(), 'enclave.log');
    const file = () => openLogFile(path, { onFailed: () => undefined });
    for (const n of [1, 2]) {
      const listener = await start(await file());
      await send(listener, `{"n":${n}}\n`);
      await listener.close();
    }
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { line: object }).line)).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('does not come up with a file that cannot be written', async () => {
    const opening = openLogFile('/nonexistent/enclave.log', { onFailed: () => undefined });
    await expect(opening).rejects.toMatchObject({ code: 'LOG_FILE' });
  });
});

it('connections are limited by the minute', () => {
  let time = 0;
  const rate = createRateLimit({ perMinute: 2, now: () => time });
  expect([rate.admit(), rate.admit()]).toEqual([undefined, undefined]);
  expect(rate.admit()).toMatchObject({ code: 'TRANSPORT_LIMIT' });
  time = 60_000;
  expect(rate.admit()).toBeUndefined();
});
