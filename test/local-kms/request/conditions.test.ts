import { Agent } from 'node:https';
import { CreateKeyCommand, DescribeKeyCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKmsOptions, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const account = '111122223333';
const seed = parseSeed(`
principals:
  - { accessKeyId: root, secretAccessKey: s, arn: 'arn:aws:iam::${account}:root' }
  - { accessKeyId: user, secretAccessKey: s, arn: 'arn:aws:iam::${account}:user/team/alice' }
  - { accessKeyId: role, secretAccessKey: s, arn: 'arn:aws:sts::${account}:assumed-role/app/x' }
`);

async function start(overrides: Partial<LocalKmsOptions> = {}) {
  const kms = await startTestKms({ seed, ...overrides });
  onTestFinished(() => kms.close());
  const httpsAgent = kms.caPem === undefined ? undefined : new Agent({ ca: kms.caPem });
  return (accessKeyId: string) => {
    const client = createTestClient(kms, {
      credentials: { accessKeyId, secretAccessKey: 's' },
      ...(httpsAgent && { requestHandler: { httpsAgent } }),
    });
    onTestFinished(() => client.destroy());
    return client;
  };
}

/** Everybody may do everything, but for one Deny. */
function denyWhen(Condition: object, Action = 'kms:DescribeKey'): string {
  const everyone = { Principal: '*', Resource: '*' };
  return JSON.stringify({
    Statement: [
      { Effect: 'Allow', Action: 'kms:*', ...everyone },
      { Effect: 'Deny', Action, Condition, ...everyone },
    ],
  });
}

describe('a Deny on a condition key of IAM', () => {
  it.each([
    ['role', { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/app` } }],
    ['user', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${account}:user/*` } }],
    ['user', { StringEquals: { 'aws:PrincipalAccount': account } }],
    ['role', { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } }],
    ['user', { StringEquals: { 'aws:username': 'alice' } }],
    ['root', { StringEquals: { 'aws:userid': account } }],
    ['role', { Null: { 'aws:CurrentTime': 'false' } }],
    ['role', { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }],
    ['role', { NumericGreaterThan: { 'aws:EpochTime': '1577836800' } }],
    ['role', { Bool: { 'aws:SecureTransport': 'false' } }],
    ['role', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }],
    ['role', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }],
    ['role', { StringEquals: { 'aws:ResourceAccount': account } }],
    ['role', { Bool: { 'aws:ViaAWSService': 'false' } }],
    ['role', { Bool: { 'aws:PrincipalIsAWSService': 'false' } }],
    ['role', { Null: { 'kms:ViaService': 'true' } }],
    ['role', { StringEquals: { 'aws:ResourceTag/team': 'a' } }],
    ['role', { StringEquals: { 'kms:CustomerMasterKeySpec': 'SYMMETRIC_DEFAULT' } }],
    ['role', { StringEquals: { 'kms:CustomerMasterKeyUsage': 'ENCRYPT_DECRYPT' } }],
    ['role', { Null: { 'kms:MultiRegionKeyType': 'true' } }],
  ])('applies to the %s: %j', async (caller, condition) => {
    const clientOf = await start();
    const { KeyMetadata } = await clientOf('root').send(
      new CreateKeyCommand({
        Policy: denyWhen(condition),
        Tags: [{ TagKey: 'team', TagValue: 'a' }],
      }),
    );
    const call = clientOf(caller).send(new DescribeKeyCommand({ KeyId: KeyMetadata?.Arn }));
    expect((await refusalOf(call)).message).toContain('with an explicit deny');
  });

  it.each([
    ['role', { StringLike: { 'aws:username': '*' } }],
    ['role', { StringLike: { 'aws:userid': '*' } }],
    ['role', { ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:user/*` } }],
    ['role', { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }],
    ['role', { NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }],
    ['role', { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } }],
    ['role', { StringEquals: { 'aws:ResourceTag/team': 'b' } }],
    ['role', { StringLike: { 'kms:ViaService': '*' } }],
    ['role', { StringLike: { 'aws:TagKeys': '*' } }],
  ])('does not apply to the %s: %j', async (caller, condition) => {
    const clientOf = await start();
    const { KeyMetadata } = await clientOf('root').send(
      new CreateKeyCommand({
        Policy: denyWhen(condition),
        Tags: [{ TagKey: 'team', TagValue: 'a' }],
      }),
    );
    const call = clientOf(caller).send(new DescribeKeyCommand({ KeyId: KeyMetadata?.Arn }));
    expect((await call).KeyMetadata?.Enabled).toBe(true);
  });

  it('of the transport spares requests over TLS', async () => {
    const clientOf = await start({ transport: { kind: 'tls' } });
    const Policy = denyWhen({ Bool: { 'aws:SecureTransport': 'false' } });
    const { KeyMetadata } = await clientOf('root').send(new CreateKeyCommand({ Policy }));
    const call = clientOf('role').send(new DescribeKeyCommand({ KeyId: KeyMetadata?.Arn }));
    expect((await call).KeyMetadata?.Enabled).toBe(true);
  });

  it('counts when a new policy is checked for whether its author could replace it', async () => {
    const clientOf = await start();
    const Policy = denyWhen({ StringEquals: { 'aws:PrincipalType': 'Account' } }, 'kms:*');
    const call = clientOf('root').send(new CreateKeyCommand({ Policy }));
    expect((await refusalOf(call)).name).toBe('MalformedPolicyDocumentException');
  });
});

describe('an encryption context that is too long', () => {
  const tooLong = { tenant: 'x'.repeat(100_000) };

  it('is refused before a policy is held against it, which takes 20 seconds', async () => {
    const client = (await start())('root');
    const pattern = `*${'x'.repeat(30_000)}y`;
    const Policy = denyWhen(
      { StringLike: { 'kms:EncryptionContext:tenant': pattern } },
      'kms:Encrypt',
    );
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Policy }));
    const call = client.send(
      new EncryptCommand({
        KeyId: KeyMetadata?.KeyId,
        Plaintext: Buffer.from('x'),
        EncryptionContext: tooLong,
      }),
    );
    expect(await refusalOf(call)).toMatchObject({ name: 'ValidationException' });
  }, 5_000);
});
