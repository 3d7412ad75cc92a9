import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateRandomCommand,
  type KMSClient,
  ListKeysCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecisionRecord, type LocalKms, parseSeed } from '../../../local-kms/index.ts';
import type { Logger } from '../../../shared/log.ts';
import {
  anchorOf,
  createTestEnclave,
  createTestRoot,
  type TestEnclave,
} from '../../support/attested-recipient.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const ROOT = 'arn:aws:iam::111122223333:root';
const ROLE = 'arn:aws:iam::111122223333:role/app';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/app/session';
const PCR0 = '0a'.repeat(48);

const seed = `
principals:
  - accessKeyId: admin
    secretAccessKey: admin-secret
    arn: ${ROOT}
  - accessKeyId: ASIAAPP
    secretAccessKey: app-secret
    sessionToken: app-token
    arn: ${SESSION}
  - accessKeyId: reader
    secretAccessKey: reader-secret
    arn: arn:aws:iam::111122223333:user/reader
    policies:
      - Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: 'kms:ListKeys', Resource: '*' }
          - { Effect: Deny, Action: 'kms:GenerateRandom', Resource: '*' }
`;

let kms: LocalKms;
let admin: KMSClient;
let app: KMSClient;
let reader: KMSClient;
let measured: TestEnclave;
let other: TestEnclave;
let debug: TestEnclave;
let keyArn: string;
let CiphertextBlob: Uint8Array;
const lines: { readonly event: string; readonly fields: Record<string, unknown> }[] = [];

beforeAll(async () => {
  const root = await createTestRoot();
  const write = (event: string, fields = {}) => void lines.push({ event, fields });
  const logger: Logger = { info: write, warn: write, error: write };
  kms = await startTestKms({
    trustAnchors: [anchorOf(root)],
    seed: parseSeed(seed),
    logger,
  });
  const as = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) =>
    createTestClient(kms, {
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    });
  admin = as('admin', 'admin-secret');
  app = as('ASIAAPP', 'app-secret', 'app-token');
  reader = as('reader', 'reader-secret');
  const enclaveOf = (fill: number, isDebug = false) =>
    createTestEnclave({ root, pcrs: { 0: new Uint8Array(48).fill(fill) }, debug: isDebug });
  measured = enclaveOf(0x0a);
  other = enclaveOf(0x0b);
  debug = enclaveOf(0x0a, true);

  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'administration',
        Effect: 'Allow',
        Principal: { AWS: ROOT },
        Action: ['kms:PutKeyPolicy', 'kms:DescribeKey', 'kms:Encrypt'],
        Resource: '*',
      },
      {
        Sid: 'attested only',
        Effect: 'Allow',
        Principal: { AWS: ROLE },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: {
          StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': PCR0.toUpperCase() },
          StringEquals: { 'kms:EncryptionContext:tenant': 't1' },
        },
      },
    ],
  });
  const { KeyMetadata } = await admin.send(new CreateKeyCommand({ Policy }));
  keyArn = KeyMetadata?.Arn ?? '';
  const encrypted = await admin.send(
    new EncryptCommand({
      KeyId: keyArn,
      Plaintext: new Uint8Array([1]),
      EncryptionContext: { tenant: 't1' },
    }),
  );
  CiphertextBlob = encrypted.CiphertextBlob as Uint8Array;
});

afterAll(async () => {
  for (const client of [admin, app, reader]) client.destroy();
  await kms.close();
});

async function decrypt(enclave: TestEnclave | undefined, tenant = 't1') {
  return app.send(
    new DecryptCommand({
      CiphertextBlob,
      EncryptionContext: { tenant },
      ...(enclave && { Recipient: await enclave.recipient() }),
    }),
  );
}

async function decisionOf(requestId: string | undefined): Promise<DecisionRecord> {
  const response = await fetch(`${kms.endpoint}/_local/decisions/${requestId}`);
  expect(response.status).toBe(200);
  return (await response.json()) as DecisionRecord;
}

describe('a key policy with attestation conditions', () => {
  it('lets the measured enclave decrypt', async () => {
    const answer = await decrypt(measured);
    expect(measured.open(answer.CiphertextForRecipient)).toEqual(new Uint8Array([1]));
    const decision = await decisionOf(answer.$metadata.requestId);
    expect(decision).toMatchObject({ effect: 'allow', operation: 'Decrypt', principal: SESSION });
  });

  const pcr0 = 'kms:RecipientAttestation:PCR0';
  it.each([
    ['a call without Recipient', () => decrypt(undefined), pcr0, 'missing'],
    ['an enclave of other code', () => decrypt(other), pcr0, ['0b'.repeat(48)]],
    ['a debug enclave', () => decrypt(debug), pcr0, ['00'.repeat(48)]],
    ['another context', () => decrypt(measured, 't2'), 'kms:EncryptionContext:tenant', ['t2']],
  ] as const)('denies %s, and its record says why', async (_name, call, key, actual) => {
    const refusal = await refusalOf(call());
    expect(refusal).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${SESSION} is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no resource-based policy allows the kms:Decrypt action`,
    });
    const decision = await decisionOf(refusal.requestId);
    expect(decision.effect).toBe('implicit-deny');
    const statement = decision.authorizations[0]?.keyPolicy?.statements[1];
    expect(statement).toMatchObject({ sid: 'attested only', mismatch: 'condition' });
    expect(statement?.conditions.filter(({ holds }) => !holds)).toEqual([
      expect.objectContaining({ key, actual }),
    ]);
    expect(decision.text).toContain(key);
    expect(lines).toContainEqual({
      event: 'decision',
      fields: expect.objectContaining({ requestId: refusal.requestId, text: decision.text }),
    });
  });

  it('denies the root of the account what no statement allows', async () => {
    const call = admin.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: { tenant: 't1' } }),
    );
    expect((await refusalOf(call)).name).toBe('AccessDeniedException');
  });
});

describe('identity policies', () => {
  it('decide alone where no key is involved', async () => {
    expect((await reader.send(new ListKeysCommand())).Keys).toBeDefined();
    expect(await refusalOf(app.send(new ListKeysCommand()))).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${SESSION} is not authorized to perform: kms:ListKeys on resource: * because no identity-based policy allows the kms:ListKeys action`,
    });
    const random = await refusalOf(reader.send(new GenerateRandomCommand({ NumberOfBytes: 1 })));
    expect(random.message).toContain('with an explicit deny in an identity-based policy');
    expect((await refusalOf(reader.send(new CreateKeyCommand()))).name).toBe(
      'AccessDeniedException',
    );
  });

  it('must allow CreateAlias on the alias too', async () => {
    const call = admin.send(new CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId: keyArn }));
    const refusal = await refusalOf(call);
    expect(refusal.name).toBe('AccessDeniedException');
    const { authorizations } = await decisionOf(refusal.requestId);
    expect(authorizations.map(({ resource, effect }) => [resource, effect])).toEqual([
      ['arn:aws:kms:us-east-1:111122223333:alias/a', 'allow'],
      [keyArn, 'implicit-deny'],
    ]);
  });
});

describe('decision records', () => {
  it('hold no credentials', async () => {
    const { requestId } = await refusalOf(decrypt(undefined));
    const text = JSON.stringify([await decisionOf(requestId), lines]);
    for (const secret of ['app-secret', 'app-token', 'admin-secret']) {
      expect(text).not.toContain(secret);
    }
  });

  it('are not found for a request that there was not', async () => {
    const response = await fetch(`${kms.endpoint}/_local/decisions/none`);
    expect(response.status).toBe(404);
  });
});
