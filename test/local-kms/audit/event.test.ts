import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AuditEvent, createAuditEvent } from '../../../local-kms/audit/event.ts';
import { openAuditFile } from '../../../local-kms/audit/file.ts';
import { parseSeed } from '../../../local-kms/index.ts';
import { KmsServiceError } from '../../../shared/kms/index.ts';
import {
  anchorOf,
  createTestEnclave,
  createTestRoot,
  type TestEnclave,
} from '../../support/attested-recipient.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

describe('an audit event', () => {
  const events: AuditEvent[] = [];
  let client: KMSClient;
  let enclave: TestEnclave;

  beforeAll(async () => {
    const root = await createTestRoot();
    enclave = createTestEnclave({ root });
    const kms = await startTestKms({
      trustAnchors: [anchorOf(root)],
      audit: (event) => void events.push(event),
    });
    client = createTestClient(kms);
    return async () => {
      client.destroy();
      await kms.close();
    };
  });

  async function eventsOf(action: () => Promise<unknown>): Promise<readonly AuditEvent[]> {
    const from = events.length;
    await action();
    return events.slice(from);
  }

  it('tells of each call who did what with which key, and holds no blob', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'audited' }));
    const Arn = KeyMetadata?.Arn ?? '';
    const plaintext = Buffer.from('a plaintext that must not be logged');
    const [event, ...others] = await eventsOf(() =>
      client.send(
        new EncryptCommand({
          KeyId: Arn,
          Plaintext: plaintext,
          EncryptionContext: { purpose: 'test' },
        }),
      ),
    );
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      eventName: 'Encrypt',
      eventSource: 'kms.amazonaws.com',
      awsRegion: 'us-east-1',
      sourceIPAddress: '127.0.0.1',
      userAgent: expect.stringContaining('aws-sdk-js'),
      userIdentity: { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accessKeyId: 'local' },
      requestParameters: { keyId: Arn, encryptionContext: { purpose: 'test' } },
      responseElements: null,
      readOnly: true,
      resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: Arn }],
    });
    expect(JSON.stringify(event)).not.toContain(plaintext.toString('base64').slice(0, 20));
    expect(Object.keys(event?.requestParameters ?? {})).not.toContain('plaintext');
    expect(event).not.toHaveProperty('errorCode');
  });

  it('shows what a write made', async () => {
    const [event] = await eventsOf(() =>
      client.send(new CreateKeyCommand({ Description: 'another' })),
    );
    expect(event).toMatchObject({
      eventName: 'CreateKey',
      readOnly: false,
      responseElements: { keyMetadata: { description: 'another', keyState: 'Enabled' } },
    });
  });

  it('shows module id and registers of an attested call', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand());
    const [event] = await eventsOf(async () =>
      client.send(
        new GenerateDataKeyCommand({
          KeyId: KeyMetadata?.KeyId,
          KeySpec: 'AES_256',
          Recipient: await enclave.recipient(),
        }),
      ),
    );
    expect(event).toMatchObject({
      additionalEventData: {
        recipient: {
          attestationDocumentModuleId: expect.stringMatching(/^i-[0-9a-f]+-enc[0-9a-f]+$/),
          attestationDocumentEnclaveImageDigest: expect.stringMatching(/^[\w+/]{64}$/),
          attestationDocumentEnclavePCR8: expect.any(String),
        },
      },
    });
    expect(JSON.stringify(event?.requestParameters)).not.toContain('recipient');
  });

  it('of a refused document tells no success, and no register', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand());
    const [event, ...others] = await eventsOf(() =>
      refusalOf(
        client.send(
          new GenerateDataKeyCommand({
            KeyId: KeyMetadata?.KeyId,
            KeySpec: 'AES_256',
            Recipient: {
              KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
              AttestationDocument: new Uint8Array(100),
            },
          }),
        ),
      ),
    );
    expect(others).toEqual([]);
    expect(event).toMatchObject({ errorCode: 'ValidationException', responseElements: null });
    expect(event).not.toHaveProperty('additionalEventData');
  });

  it('tells of a refusal', async () => {
    const [event] = await eventsOf(() =>
      refusalOf(client.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(200) }))),
    );
    expect(event).toMatchObject({ errorCode: 'InvalidCiphertextException', resources: [] });
    const [invalid] = await eventsOf(() =>
      refusalOf(client.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(0) }))),
    );
    expect(invalid).toMatchObject({ errorCode: 'ValidationException', requestParameters: null });
  });
});

describe('the identity in an event', () => {
  const identityOf = (arn: string) => {
    const seed = { principals: [{ accessKeyId: 'A', secretAccessKey: 's', arn }] };
    const [caller] = parseSeed(JSON.stringify(seed)).principals ?? [];
    if (caller === undefined) throw new Error('no principal');
    return createAuditEvent({
      requestId: 'r',
      eventId: 'e',
      time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      operation: 'ListKeys',
      caller,
      region: 'us-east-1',
      sourceIp: undefined,
      userAgent: undefined,
      request: undefined,
      keyArns: [],
      document: undefined,
      outcome: { error: new KmsServiceError('AccessDeniedException', 'no') },
    });
  };

  it.each([
    ['arn:aws:iam::111122223333:root', { type: 'Root', principalId: '111122223333' }],
    ['arn:aws:iam::111122223333:user/path/Alice', { type: 'IAMUser', userName: 'Alice' }],
    [
      'arn:aws-cn:sts::111122223333:assumed-role/Enclave/session',
      {
        type: 'AssumedRole',
        sessionContext: {
          sessionIssuer: { arn: 'arn:aws-cn:iam::111122223333:role/Enclave', userName: 'Enclave' },
        },
      },
    ],
    ['arn:aws:sts::111122223333:federated-user/Bob', { type: 'FederatedUser' }],
    ['arn:aws:iam::111122223333:role/Enclave', { type: 'Role' }],
  ])('of %s', (arn, expected) => {
    const event = identityOf(arn);
    expect(event.userIdentity).toMatchObject({
      ...expected,
      arn,
      accountId: '111122223333',
      accessKeyId: 'A',
    });
    expect(event).toMatchObject({ errorCode: 'AccessDenied', eventTime: '2026-01-02T03:04:05Z' });
  });
});

it('is a line of a file that only its owner reads', async () => {
  const path = join(temporaryDirectory(), 'audit.jsonl');
  const file = openAuditFile(path);
  const kms = await startTestKms({ audit: file.sink });
  const client = createTestClient(kms);
  onTestFinished(async () => {
    client.destroy();
    await kms.close();
    file.close();
  });
  await client.send(new CreateKeyCommand());
  await client.send(new CreateKeyCommand());
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).eventName)).toEqual(['CreateKey', 'CreateKey']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(() => openAuditFile(join(path, 'none'))).toThrowError(
    expect.objectContaining({ code: 'LOCAL_KMS_AUDIT' }),
  );
});
