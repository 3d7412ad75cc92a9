import {
  CreateKeyCommand,
  GenerateRandomCommand,
  type KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import type { LocalKms, LocalKmsOptions } from '../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../support/local-kms.ts';

async function start(overrides: Partial<LocalKmsOptions> = {}): Promise<{
  readonly kms: LocalKms;
  readonly client: KMSClient;
}> {
  const kms = await startTestKms(overrides);
  const client = createTestClient(kms);
  onTestFinished(async () => {
    client.destroy();
    await kms.close();
  });
  return { kms, client };
}

function putFaults({ endpoint }: LocalKms, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${endpoint}/_local/faults`, {
    method: 'PUT',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  });
}

it('throttles an operation that is told to be, and no other', async () => {
  const { kms, client } = await start();
  const faults = [{ kind: 'throttle', operation: 'GenerateRandom', count: 1 }];
  expect((await putFaults(kms, { faults })).status).toBe(200);
  const random = new GenerateRandomCommand({ NumberOfBytes: 8 });
  await client.send(new ListKeysCommand());
  expect(await refusalOf(client.send(random))).toMatchObject({
    name: 'ThrottlingException',
    message: 'Rate exceeded',
  });
  expect((await client.send(random)).Plaintext).toHaveLength(8);
});

it('lets the SDK retry through faults, the key being made once for each answer', async () => {
  const { kms } = await start({
    faults: [
      { kind: 'throttle', operation: 'CreateKey', count: 1, every: 1 },
      { kind: 'error', operation: 'CreateKey', status: 503, count: 1, every: 2 },
    ],
  });
  const client = createTestClient(kms, { maxAttempts: 4 });
  onTestFinished(() => client.destroy());
  await client.send(new CreateKeyCommand());
  expect((await client.send(new ListKeysCommand())).Keys).toHaveLength(1);
});

it('ends the connection before the call, or after it was carried out', async () => {
  const { kms, client } = await start();
  await putFaults(kms, { faults: [{ kind: 'drop', operation: 'CreateKey', count: 1 }] });
  await expect(client.send(new CreateKeyCommand())).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await client.send(new ListKeysCommand())).Keys).toHaveLength(0);
  await putFaults(kms, { faults: [{ kind: 'drop', when: 'after', operation: 'CreateKey' }] });
  await expect(client.send(new CreateKeyCommand())).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await client.send(new ListKeysCommand())).Keys).toHaveLength(1);
});

it('judges signatures by a clock that is off', async () => {
  const { kms } = await start({
    faults: [{ kind: 'clock', offsetSeconds: 900, operation: '*', every: 1 }],
  });
  // Without the SDK's own correction of the clock, which a second attempt would make.
  const client = createTestClient(kms, { maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  expect(await refusalOf(client.send(new ListKeysCommand()))).toMatchObject({
    name: 'InvalidSignatureException',
    message: expect.stringContaining('Signature expired'),
  });
});

it('tells which faults there are, and takes none from a web page or in another form', async () => {
  const { kms } = await start();
  const list = async () =>
    (await (await fetch(`${kms.endpoint}/_local/faults`)).json()) as { faults: unknown[] };
  const faults = [{ kind: 'throttle' }];
  expect((await putFaults(kms, { faults }, { origin: 'https://example.com' })).status).toBe(404);
  for (const body of ['', '[', '{"faults":[{"kind":"flood"}]}', '{}']) {
    expect((await putFaults(kms, body)).status).toBe(400);
  }
  expect((await list()).faults).toEqual([]);
  await putFaults(kms, { faults });
  expect((await list()).faults).toEqual([{ kind: 'throttle', operation: '*', every: 1 }]);
  await putFaults(kms, { faults: [] });
  expect((await list()).faults).toEqual([]);
});

it('answers no web page, whose name may stand for this machine while the credentials are known', async () => {
  const { kms, client } = await start();
  const page = createTestClient(kms);
  onTestFinished(() => page.destroy());
  page.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers.origin = 'http://example.com';
      return next(args);
    },
    { step: 'build' },
  );
  expect(await refusalOf(page.send(new ListKeysCommand()))).toMatchObject({
    name: 'AccessDeniedException',
  });
  expect((await client.send(new ListKeysCommand())).Keys).toEqual([]);
});
