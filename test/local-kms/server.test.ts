import { statSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKms, type LocalKmsOptions, parseSeed } from '../../local-kms/index.ts';
import { httpRequest } from '../support/http-request.ts';
import { createTestClient, refusalOf, startTestKms } from '../support/local-kms.ts';
import { type RawRequest, signedPost } from '../support/signed-post.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function start(overrides: Partial<LocalKmsOptions> = {}): Promise<LocalKms> {
  const kms = await startTestKms(overrides);
  onTestFinished(() => kms.close());
  return kms;
}

function clientOf(...args: Parameters<typeof createTestClient>) {
  const client = createTestClient(...args);
  onTestFinished(() => client.destroy());
  return client;
}

describe('the wire', () => {
  it('answers as AWS JSON 1.1, with a request id', async () => {
    const kms = await start();
    const answer = await signedPost(kms, { target: 'TrentService.ListKeys' });
    expect(answer).toEqual({
      status: 200,
      type: 'application/x-amz-json-1.1',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      text: '{"Keys":[],"Truncated":false}',
      body: { Keys: [], Truncated: false },
    });
  });

  const listKeys = 'TrentService.ListKeys';
  it.each<[string, RawRequest, number, string]>([
    ['an unknown operation', { target: 'TrentService.Sing' }, 400, 'UnknownOperationException'],
    [
      'a name that every object has',
      { target: 'TrentService.constructor' },
      400,
      'UnknownOperationException',
    ],
    ['another service', { target: 'DynamoDB.ListKeys' }, 400, 'UnknownOperationException'],
    ['no operation', {}, 400, 'UnknownOperationException'],
    ['malformed JSON', { target: listKeys, body: '{' }, 400, 'SerializationException'],
    ['no body', { target: listKeys, body: '' }, 400, 'SerializationException'],
    [
      'invalid UTF-8',
      { target: listKeys, body: Buffer.from('7b22ff227d', 'hex') },
      400,
      'SerializationException',
    ],
    ['an array', { target: listKeys, body: '[]' }, 400, 'SerializationException'],
    ['a wrong type', { target: listKeys, body: '{"Limit":"1"}' }, 400, 'SerializationException'],
    [
      'a member given twice, a Recipient then none',
      {
        target: 'TrentService.GenerateRandom',
        body: '{"NumberOfBytes":8,"Recipient":{},"Recipient":null}',
      },
      400,
      'SerializationException',
    ],
    [
      'JSON that nests deeper than any request',
      { target: listKeys, body: `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}` },
      400,
      'SerializationException',
    ],
    [
      'a wrong secret',
      { target: listKeys, credentials: { accessKeyId: 'local', secretAccessKey: 'other' } },
      400,
      'InvalidSignatureException',
    ],
    [
      'a region that is none',
      { target: listKeys, region: 'Mars' },
      400,
      'InvalidSignatureException',
    ],
    [
      'an old signature',
      { target: listKeys, now: Date.now() - 600_000 },
      400,
      'InvalidSignatureException',
    ],
    [
      'a body over 1 MiB',
      { target: listKeys, body: ' '.repeat(1_048_577) },
      413,
      'RequestEntityTooLargeException',
    ],
  ])('refuses %s', async (_name, raw, status, type) => {
    const answer = await signedPost(await start(), raw);
    expect(answer).toMatchObject({
      status,
      type: 'application/x-amz-json-1.1',
      requestId: expect.any(String),
      body: { __type: type },
    });
  });

  it('does not say what an operation is to those who do not sign', async () => {
    const kms = await start();
    const response = await fetch(kms.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'TrentService.Sing' },
      body: '{}',
    });
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('spells the message of AccessDenied with a capital, and others without', async () => {
    const kms = await start();
    const client = clientOf(kms);
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:PutKeyPolicy', Resource: '*' },
        }),
      }),
    );
    const body = JSON.stringify({ KeyId: KeyMetadata?.KeyId });
    const denied = await signedPost(kms, { target: 'TrentService.DescribeKey', body });
    expect(denied.body).toEqual({
      __type: 'AccessDeniedException',
      Message: expect.stringContaining('is not authorized to perform: kms:DescribeKey'),
    });
    const invalid = await signedPost(kms, { target: 'TrentService.DescribeKey' });
    expect(invalid.body).toEqual({
      __type: 'ValidationException',
      message:
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    });
    const unexplained = await signedPost(kms, {
      target: 'TrentService.Decrypt',
      body: '{"CiphertextBlob":"AAAA"}',
    });
    expect(unexplained.body).toEqual({ __type: 'InvalidCiphertextException' });
  });

  it('has nothing but KMS and the decisions', async () => {
    const kms = await start();
    for (const path of ['/', '/_local/', '/_local/decisions/x/y']) {
      const response = await fetch(kms.endpoint + path);
      expect(response.status).toBe(404);
    }
  });
});

const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describe('decision records', () => {
  it.skipIf(outside === undefined)(
    'are for peers on loopback only (skipped without another address)',
    async () => {
      const kms = await start({ listen: { host: '0.0.0.0', port: 0 } });
      const { requestId } = await signedPost(kms, { target: 'TrentService.ListKeys' });
      const statusAt = async (host: string | undefined) =>
        (await fetch(`http://${host}:${kms.port}/_local/decisions/${requestId}`)).status;
      expect(await statusAt('127.0.0.1')).toBe(200);
      expect(await statusAt(outside)).toBe(404);
    },
  );

  it.each([
    ['localhost', {}, 200],
    ['127.0.0.1:4599', {}, 200],
    ['[::1]:4599', {}, 200],
    ['rebound.test', {}, 404],
    ['localhost.rebound.test', {}, 404],
    ['192.0.2.1', {}, 404],
    ['localhost', { origin: 'http://page.test' }, 404],
    ['localhost', { origin: 'null' }, 404],
  ])('for a request to the host %s with %j: %i', async (host, headers, status) => {
    const kms = await start();
    const { requestId } = await signedPost(kms, { target: 'TrentService.ListKeys' });
    const address = { kind: 'tcp', host: '127.0.0.1', port: kms.port } as const;
    const ask = (path: string) => httpRequest(address, path, 'GET', { host, ...headers });
    const answer = await ask(`/_local/decisions/${requestId}`);
    expect(answer.status).toBe(status);
    if (status === 404) expect(answer.body).toBe((await ask('/_local/decisions/none')).body);
  });
});

describe('regions and accounts', () => {
  it('name the keys', async () => {
    const kms = await start({ region: 'cn-north-1', account: '444455556666' });
    const client = clientOf(kms, { region: 'cn-north-1' });
    const { KeyMetadata } = await client.send(new CreateKeyCommand());
    expect(KeyMetadata?.Arn).toMatch(/^arn:aws-cn:kms:cn-north-1:444455556666:key\//);
  });
});

describe('TLS', () => {
  it('is trusted through the development CA, by the names it was given and no others', async () => {
    const caDirectory = temporaryDirectory();
    const kms = await start({ transport: { kind: 'tls', caDirectory, names: ['kms.test'] } });
    const { port, caPem } = kms;
    expect(kms.endpoint).toBe(`https://127.0.0.1:${port}`);
    const client = clientOf(kms, {
      requestHandler: { httpsAgent: new Agent({ ca: caPem as string }) },
    });
    expect((await client.send(new CreateKeyCommand())).KeyMetadata?.Enabled).toBe(true);

    const connect = (servername: string, ca: string | undefined) =>
      new Promise<string>((resolve) => {
        const options = { host: '127.0.0.1', port, servername, ca, headers: { host: servername } };
        httpsRequest(options, (response) => {
          response.resume();
          resolve(`status ${response.statusCode}`);
        })
          .on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''))
          .end();
      });
    expect(await connect('kms.test', caPem)).toBe('status 404');
    expect(await connect('localhost', caPem)).toBe('status 404');
    expect(await connect('kms.us-east-1.amazonaws.com', caPem)).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    expect(await connect('localhost', undefined)).not.toMatch(/^status/);

    const again = await start({ transport: { kind: 'tls', caDirectory } });
    expect(again.caPem).toBe(caPem);
  });
});

describe('start and stop', () => {
  it('leaves a data directory for the owner only, the TLS authority in it included', async () => {
    const directory = join(temporaryDirectory(), 'data');
    const tls = { kind: 'tls', caDirectory: directory } as const;
    await start({ store: { kind: 'directory', directory }, transport: tls });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('refuses a busy port with a code', async () => {
    const { port } = await start();
    await expect(startTestKms({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'TRANSPORT_ADDRESS_IN_USE',
    });
  });

  it('keeps keys, aliases and ciphertexts over a restart', async () => {
    const store = { kind: 'directory', directory: temporaryDirectory() } as const;
    const first = await startTestKms({ store });
    const before = clientOf(first);
    const { KeyMetadata } = await before.send(new CreateKeyCommand({ Description: 'kept' }));
    await before.send(
      new CreateAliasCommand({ AliasName: 'alias/kept', TargetKeyId: KeyMetadata?.KeyId }),
    );
    await before.send(new EncryptCommand({ KeyId: 'alias/kept', Plaintext: Buffer.from('x') }));
    await first.close();

    const after = clientOf(await start({ store }));
    const described = await after.send(new DescribeKeyCommand({ KeyId: 'alias/kept' }));
    expect(described.KeyMetadata).toEqual(KeyMetadata);
  });

  it('ends a client that waits on a kept-alive connection', async () => {
    const kms = await startTestKms();
    const client = clientOf(kms);
    await client.send(new CreateKeyCommand());
    await kms.close();
    expect((await refusalOf(client.send(new CreateKeyCommand()))).message).toMatch(
      /ECONNREFUSED|hang up/,
    );
  });
});

describe('regions and accounts', () => {
  const seed = parseSeed(`
principals:
  - { accessKeyId: local, secretAccessKey: local, arn: 'arn:aws:iam::111122223333:root' }
  - { accessKeyId: other, secretAccessKey: other, arn: 'arn:aws:iam::444455556666:root' }
`);

  it('keeps the keys of each region and account for themselves', async () => {
    const kms = await start({ seed });
    const { KeyMetadata } = await clientOf(kms).send(new CreateKeyCommand());
    const credentials = { accessKeyId: 'other', secretAccessKey: 'other' };
    const keysOf = async (config: Parameters<typeof createTestClient>[1]) =>
      (await clientOf(kms, config).send(new ListKeysCommand())).Keys?.map(({ KeyArn }) => KeyArn);
    expect(await keysOf({})).toEqual([KeyMetadata?.Arn]);
    expect(await keysOf({ region: 'eu-west-1' })).toEqual([]);
    expect(await keysOf({ credentials })).toEqual([]);
    const describe = (config: Parameters<typeof createTestClient>[1]) =>
      refusalOf(
        clientOf(kms, config).send(new DescribeKeyCommand({ KeyId: KeyMetadata?.Arn ?? '' })),
      );
    expect(await describe({ region: 'eu-west-1' })).toMatchObject({
      name: 'NotFoundException',
      message: 'Invalid arn us-east-1',
    });
    expect(await describe({ credentials })).toMatchObject({ name: 'AccessDeniedException' });
  });

  it('serves one region only when it is told to', async () => {
    const kms = await start({ region: 'eu-west-1' });
    expect(await refusalOf(clientOf(kms).send(new ListKeysCommand()))).toMatchObject({
      name: 'InvalidSignatureException',
      message: 'Credential should be scoped to a valid Region.',
    });
    await clientOf(kms, { region: 'eu-west-1' }).send(new ListKeysCommand());
  });
});
