import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLogStream } from '../../../enclave/logs/log-stream.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

async function listen(path: string): Promise<Server> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

function open(path: string) {
  let dropped = 0;
  const stream = openLogStream({
    to: { kind: 'unix', path },
    onDropped: () => {
      dropped += 1;
    },
  });
  onTestFinished(() => stream.close());
  return { stream, dropped: () => dropped };
}

async function firstLines(socket: Socket, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: socket })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  return lines;
}

describe('the stream of log lines', () => {
  it('takes lines to the parent in their order, those from before the connection too', async () => {
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const { stream } = open(path);
    stream.write('{"n":1}');
    stream.write('{"n":2}');
    const [socket] = (await once(server, 'connection')) as [Socket];
    expect(await firstLines(socket, 2)).toEqual(['{"n":1}', '{"n":2}']);
  });

  it('drops what a parent does not read, counts it, and says so when it reads again', async () => {
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const { stream, dropped } = open(path);
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.pause();
    const line = 'x'.repeat(1000);
    // Beyond what waits here and in the kernel's buffers.
    for (let n = 0; n < 3000; n += 1) stream.write(line);
    expect(dropped()).toBeGreaterThan(0);
    const lost = dropped();
    const reader = createInterface({ input: socket });
    let passed = 0;
    for await (const text of reader) {
      if (text.startsWith('{')) {
        expect(JSON.parse(text)).toEqual({ event: 'log lines dropped', count: lost });
        break;
      }
      passed += 1;
      // Everything that was kept has come: the next one is what tells of the loss.
      if (passed === 3000 - lost) stream.write('after');
    }
    expect(passed + lost).toBe(3000);
  });

  it('is closed with every line on its way, also of a connection that is not there yet', async () => {
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const { stream } = open(path);
    for (let n = 0; n < 50; n += 1) stream.write('x'.repeat(1000));
    const closed = stream.close();
    stream.write('too late');
    const [socket] = await connected;
    const text = await readText(socket);
    await closed;
    expect(text.length).toBe(50 * 1001);
    expect(text).not.toContain('too late');
  });

  it('is closed where nobody listens, and where nobody reads', async () => {
    await open(join(temporaryDirectory(), 'nobody')).stream.close();
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const { stream } = open(path);
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.pause();
    for (let n = 0; n < 3000; n += 1) stream.write('x'.repeat(1000));
    await stream.close();
  });

  it('counts the lines that a connection took with it, and goes on over another', async () => {
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const { stream, dropped } = open(path);
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.pause();
    const line = 'x'.repeat(1000);
    while (dropped() === 0) {
      stream.write(line);
      await setImmediate();
    }
    const again = once(server, 'connection') as Promise<[Socket]>;
    socket.destroy();
    const [next] = await again;
    // Those that waited here are lost too, beside the one that found no place.
    expect(dropped()).toBeGreaterThan(200);
    const count = dropped();
    stream.write('{"n":1}');
    expect(await firstLines(next, 2)).toEqual([
      JSON.stringify({ event: 'log lines dropped', count }),
      '{"n":1}',
    ]);
  });

  it('finds another connection when the parent ends one, without losing a line to it', async () => {
    const path = join(temporaryDirectory(), 'logs');
    const server = await listen(path);
    const { stream, dropped } = open(path);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const again = once(server, 'connection') as Promise<[Socket]>;
    socket.end();
    await once(socket.resume(), 'close');
    stream.write('{"n":1}');
    const [next] = await again;
    expect(await firstLines(next, 1)).toEqual(['{"n":1}']);
    expect(dropped()).toBe(0);
  });

  it('holds no more than so much where there is no parent at all', () => {
    const { stream, dropped } = open(join(temporaryDirectory(), 'nobody'));
    for (let n = 0; n < 1000; n += 1) stream.write('x'.repeat(1000));
    expect(dropped()).toBeGreaterThan(700);
  });
});
