import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EndpointOptions } from '../../../enclave/endpoint/index.ts';
import type { KmsAnswer, SignedKmsClient } from '../../../enclave/kms/index.ts';
import type { RecipientKeyRing } from '../../../enclave/recipient/index.ts';
import { deferred } from '../../support/deferred.ts';
import {
  callerConfig,
  endpointConfig,
  type RunningEndpoint,
  runEndpoint,
} from '../../support/endpoint-scene.ts';
import { refusalOf } from '../../support/local-kms.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000001';
const describeKey = () => new DescribeKeyCommand({ KeyId: ARN });
const answer = (): KmsAnswer => ({ body: new TextEncoder().encode('{}'), requestId: 'of-kms' });

interface Scene extends RunningEndpoint {
  /** Resolves once so many calls have reached KMS. */
  reached(count: number): Promise<void>;
  /** Lets KMS answer all calls, those to come included. */
  answerAll(): void;
  readonly port: number;
}

/** An endpoint with a KMS that holds its answers back. */
async function start(overrides: Partial<EndpointOptions>): Promise<Scene> {
  const config = endpointConfig({
    keys: { key: { arn: ARN, operations: ['DescribeKey'] } },
    callers: [
      callerConfig(temporaryDirectory(), 'app', {
        permissions: [{ key: 'key', operations: ['DescribeKey'] }],
      }),
    ],
  });
  const held = deferred<void>();
  let calls = 0;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const kms: SignedKmsClient = {
    async send() {
      calls += 1;
      for (const { count, resolve } of waiting) if (calls >= count) resolve();
      await held.promise;
      return answer();
    },
  };
  const keyRing = {} as RecipientKeyRing;
  const running = await runEndpoint({ kms, keyRing }, config, overrides);
  onTestFinished(() => {
    held.resolve();
    return running.close();
  });
  const { address } = running.endpoint;
  return {
    ...running,
    port: address.kind === 'tcp' ? address.port : 0,
    answerAll: () => held.resolve(),
    reached: (count) =>
      new Promise((resolve) => {
        if (calls >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

/** A connection that sends `text`, and then nothing. */
async function startSlowly(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const SLOW_BODY = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 100\r\n\r\n{';

describe('the calls at once on an endpoint', () => {
  it('are bounded, and those beyond are throttled', async () => {
    const scene = await start({ maxConcurrent: 2 });
    const client = scene.client('app');
    const two = [client.send(describeKey()), client.send(describeKey())];
    await scene.reached(2);
    const third = await refusalOf(client.send(describeKey()));
    expect(third.name).toBe('ThrottlingException');
    expect(third.message).toContain('at most 2 calls');
    scene.answerAll();
    await Promise.all(two);
    await client.send(describeKey());
  });

  it('count those whose caller went away', async () => {
    const scene = await start({ maxConcurrent: 1 });
    const gone = new AbortController();
    const call = scene.client('app').send(describeKey(), { abortSignal: gone.signal });
    await scene.reached(1);
    gone.abort();
    await expect(call).rejects.toThrow();
    const next = scene.client('app');
    expect((await refusalOf(next.send(describeKey()))).name).toBe('ThrottlingException');
    scene.answerAll();
    await next.send(describeKey());
  });
});

describe('who does nothing on an endpoint', () => {
  it.each([
    ['connections without a request', ''],
    ['requests whose headers do not end', 'POST / HTTP/1.1\r\nHost: a\r\n'],
    ['requests whose body does not end', SLOW_BODY],
  ])('keeps nobody out, with any number of %s', async (_what, text) => {
    const scene = await start({ maxConcurrent: 2 });
    scene.answerAll();
    const sockets = await Promise.all(
      Array.from({ length: 100 }, () => startSlowly(scene.port, text)),
    );
    const client = scene.client('app');
    await client.send(describeKey());
    await client.send(describeKey());
    await expect.poll(() => sockets.filter(({ closed }) => !closed).length).toBeLessThan(8);
  });

  it('does not cut a call under way', async () => {
    const scene = await start({ maxConcurrent: 1 });
    const call = scene.client('app').send(describeKey());
    await scene.reached(1);
    await Promise.all(Array.from({ length: 100 }, () => startSlowly(scene.port, SLOW_BODY)));
    scene.answerAll();
    await expect(call).resolves.toMatchObject({ $metadata: { requestId: 'of-kms' } });
  });
});

describe('requests in line on one connection', () => {
  const BODY = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';

  it('give their places back when the connection is cut before their answers', async () => {
    const scene = await start({ maxConcurrent: 4 });
    scene.answerAll();
    for (let cut = 0; cut < 5; cut++) {
      const socket = await startSlowly(scene.port, BODY.repeat(4));
      const closed = once(socket, 'close');
      socket.resetAndDestroy();
      await closed;
    }
    await expect.poll(() => scene.client('app').send(describeKey())).toBeDefined();
  });

  it('give their places back when nobody reads their answers', async () => {
    const scene = await start({ maxConcurrent: 4, requestTimeoutMs: 200 });
    scene.answerAll();
    const socket = await startSlowly(scene.port, '');
    // More answers than the kernel and Node hold for somebody who does not read.
    for (let written = 0; written < 200; written++) {
      socket.write(BODY.repeat(200));
      await setImmediate();
    }
    await expect
      .poll(() => scene.client('app').send(describeKey()), { timeout: 10_000 })
      .toBeDefined();
  });

  it('are all answered', async () => {
    const scene = await start({ maxConcurrent: 20 });
    const socket = await startSlowly(scene.port, BODY.repeat(20));
    socket.end();
    expect((await readText(socket)).match(/HTTP\/1\.1 400 /g)).toHaveLength(20);
  });
});

describe('the time that a request may take to come in', () => {
  it.each([
    ['a body', SLOW_BODY],
    ['headers', 'POST / HTTP/1.1\r\nHost: a\r\n'],
  ])('is bounded for %s, after which its place is free', async (_what, text) => {
    const scene = await start({ maxConcurrent: 1, requestTimeoutMs: 200 });
    scene.answerAll();
    const socket = await startSlowly(scene.port, text);
    expect(await readText(socket)).toMatch(/^HTTP\/1\.1 408 /);
    await scene.client('app').send(describeKey());
  });
});

describe('an endpoint that closes', () => {
  it('refuses calls on connections that are still there', async () => {
    const scene = await start({ maxConcurrent: 2 });
    const call = scene.client('app').send(describeKey());
    await scene.reached(1);
    const other = await startSlowly(scene.port, SLOW_BODY.slice(0, 20));
    const closing = scene.endpoint.close();
    other.end(SLOW_BODY.slice(20));
    const answer = await readText(other);
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*content-type: application\/x-amz-json-1\.1\r\n/s);
    expect(answer).toContain('"KMSInternalException"');
    scene.answerAll();
    await call;
    await closing;
  });

  it('lets calls under way end', async () => {
    const scene = await start({ maxConcurrent: 2 });
    const call = scene.client('app').send(describeKey());
    await scene.reached(1);
    const closing = scene.endpoint.close();
    scene.answerAll();
    await expect(call).resolves.toMatchObject({ $metadata: { requestId: 'of-kms' } });
    await closing;
  });

  it('does not wait for a request that does not come in', async () => {
    const scene = await start({ maxConcurrent: 1, closeGraceMs: 50 });
    const socket = await startSlowly(scene.port, SLOW_BODY);
    const ended = once(socket.resume(), 'close');
    await scene.endpoint.close();
    await ended;
  });
});
