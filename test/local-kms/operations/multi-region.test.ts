import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  type ReplicateKeyCommandInput,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKms, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const UNKNOWN = 'mrk-00000000000000000000000000000000';

const arnIn = (region: string, keyId: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`;
const placeIn = (region: string, keyId: string) => ({
  Arn: arnIn(region, keyId),
  Region: region,
});

let kms: LocalKms;
let home: KMSClient;
let abroad: KMSClient;

beforeAll(async () => {
  kms = await startTestKms();
  home = createTestClient(kms);
  abroad = createTestClient(kms, { region: 'eu-west-1' });
});

afterAll(async () => {
  home.destroy();
  abroad.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput = {}, at = home): Promise<string> {
  const { KeyMetadata } = await at.send(new CreateKeyCommand({ MultiRegion: true, ...input }));
  return KeyMetadata?.KeyId ?? '';
}

const replicate = (KeyId: string, input: Partial<ReplicateKeyCommandInput> = {}, at = home) =>
  at.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1', ...input }));

async function metadataOf(at: KMSClient, KeyId: string) {
  return (await at.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;
}

describe('CreateKey with MultiRegion', () => {
  it('makes a primary key without replicas', async () => {
    const { KeyMetadata } = await home.send(new CreateKeyCommand({ MultiRegion: true }));
    const KeyId = KeyMetadata?.KeyId ?? '';
    expect(KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect(KeyMetadata).toMatchObject({
      Arn: arnIn('us-east-1', KeyId),
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'PRIMARY',
        PrimaryKey: placeIn('us-east-1', KeyId),
        ReplicaKeys: [],
      },
    });
  });

  it('makes another key of one region if it is false', async () => {
    const KeyId = await createKey({ MultiRegion: false });
    expect(KeyId).not.toMatch(/^mrk-/);
    const metadata = await metadataOf(home, KeyId);
    expect(metadata?.MultiRegion).toBe(false);
    expect(metadata).not.toHaveProperty('MultiRegionConfiguration');
  });
});

describe('ReplicateKey', () => {
  it('makes a key of the same id and material, with its own policy, description and tags', async () => {
    const Tags = [{ TagKey: 'a', TagValue: 'primary' }];
    const KeyId = await createKey({ Description: 'primary', Tags });
    const primary = await metadataOf(home, KeyId);
    expect((await refusalOf(metadataOf(abroad, KeyId))).message).toBe(
      `Key '${arnIn('eu-west-1', KeyId)}' does not exist`,
    );

    const answer = await replicate(KeyId);
    expect(answer.ReplicaKeyMetadata).toEqual({
      ...primary,
      Arn: arnIn('eu-west-1', KeyId),
      CreationDate: expect.any(Date),
      Description: '',
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: placeIn('us-east-1', KeyId),
        ReplicaKeys: [placeIn('eu-west-1', KeyId)],
      },
    });
    expect(answer.ReplicaPolicy).toContain(ROOT);
    expect(answer.ReplicaTags).toEqual([]);
    expect(await metadataOf(abroad, KeyId)).toEqual(answer.ReplicaKeyMetadata);
    expect((await metadataOf(home, KeyId))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'PRIMARY',
      PrimaryKey: placeIn('us-east-1', KeyId),
      ReplicaKeys: [placeIn('eu-west-1', KeyId)],
    });
    const { Keys } = await abroad.send(new ListKeysCommand({ Limit: 1000 }));
    expect(Keys).toContainEqual({ KeyId, KeyArn: arnIn('eu-west-1', KeyId) });
  });

  it('gives the replica what is asked for', async () => {
    const KeyId = await createKey({}, home);
    const Policy = JSON.stringify({
      Statement: { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
    });
    const Tags = [{ TagKey: 'a', TagValue: 'b' }];
    const answer = await replicate(KeyId, { Policy, Tags, Description: 'replica' });
    expect(answer).toMatchObject({
      ReplicaKeyMetadata: { Description: 'replica' },
      ReplicaPolicy: Policy,
      ReplicaTags: Tags,
    });
    expect((await abroad.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy);
    expect((await abroad.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual(Tags);
    expect((await home.send(new ListResourceTagsCommand({ KeyId }))).Tags).toEqual([]);
  });

  it('makes keys that decrypt for each other', async () => {
    const KeyId = await createKey();
    await replicate(KeyId);
    for (const [from, to] of [
      [home, abroad],
      [abroad, home],
    ] as const) {
      const EncryptionContext = { tenant: 't1' };
      const { CiphertextBlob } = await from.send(
        new EncryptCommand({ KeyId, EncryptionContext, Plaintext: new Uint8Array([1, 2]) }),
      );
      const { Plaintext } = await to.send(
        new DecryptCommand({ CiphertextBlob, EncryptionContext }),
      );
      expect(Plaintext).toEqual(new Uint8Array([1, 2]));
    }
  });

  it('copies key pairs and HMAC keys', async () => {
    const pair = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
    await replicate(pair);
    const mac = await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await replicate(mac);

    const { PublicKey } = await home.send(new GetPublicKeyCommand({ KeyId: pair }));
    const there = await abroad.send(new GetPublicKeyCommand({ KeyId: pair }));
    expect(there.PublicKey).toEqual(PublicKey);
    const derive = (at: KMSClient) =>
      at.send(
        new DeriveSharedSecretCommand({ KeyId: pair, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
      );
    expect((await derive(abroad)).SharedSecret).toEqual((await derive(home)).SharedSecret);

    const input = { KeyId: mac, MacAlgorithm: 'HMAC_SHA_256', Message: new Uint8Array(3) } as const;
    const { Mac } = await home.send(new GenerateMacCommand(input));
    const { MacValid } = await abroad.send(new VerifyMacCommand({ ...input, Mac }));
    expect(MacValid).toBe(true);
  });

  it('leaves imported material behind', async () => {
    const KeyId = await createKey({ Origin: 'EXTERNAL' });
    const refused = await refusalOf(replicate(KeyId));
    // A key without material cannot be replicated at all.
    expect(refused.message).toBe(`${arnIn('us-east-1', KeyId)} is pending import.`);
  });

  it('refuses a key of one region, a replica, and a region that has the key', async () => {
    const single = await createKey({ MultiRegion: false });
    expect(await refusalOf(replicate(single))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: `${arnIn('us-east-1', single)} is not a multi-region primary key.`,
    });
    const KeyId = await createKey();
    await replicate(KeyId);
    expect(await refusalOf(replicate(KeyId, { ReplicaRegion: 'eu-west-2' }, abroad))).toMatchObject(
      {
        name: 'UnsupportedOperationException',
        message: `${arnIn('eu-west-1', KeyId)} is not a multi-region primary key.`,
      },
    );
    for (const ReplicaRegion of ['us-east-1', 'eu-west-1']) {
      const refused = await refusalOf(replicate(KeyId, { ReplicaRegion }));
      expect(refused).toMatchObject({
        name: 'AlreadyExistsException',
        message: 'You can create only one replica of each primary key in each AWS Region.',
      });
    }
    expect((await refusalOf(replicate(UNKNOWN))).name).toBe('NotFoundException');
  });

  it('makes one of two replicas that are asked for at once', async () => {
    const KeyId = await createKey();
    const outcomes = await Promise.allSettled([replicate(KeyId), replicate(KeyId)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each<[Partial<ReplicateKeyCommandInput>, string]>([
    [{ ReplicaRegion: 'nowhere' }, 'ValidationException'],
    [{ ReplicaRegion: 'cn-north-1' }, 'UnsupportedOperationException'],
    [{ ReplicaRegion: 'us-gov-west-1' }, 'UnsupportedOperationException'],
    [{ Tags: [{ TagKey: 'aws:x', TagValue: '' }] }, 'TagException'],
    [{ Policy: '{}' }, 'MalformedPolicyDocumentException'],
    [{ Description: 'x'.repeat(8193) }, 'ValidationException'],
  ])('refuses %j', async (input, name) => {
    const KeyId = await createKey();
    expect((await refusalOf(replicate(KeyId, input))).name).toBe(name);
    expect((await refusalOf(metadataOf(abroad, KeyId))).name).toBe('NotFoundException');
  });

  it('stays in the region that a server is restricted to', async () => {
    const server = await startTestKms({ region: 'us-east-1' });
    onTestFinished(() => server.close());
    const only = createTestClient(server);
    onTestFinished(() => only.destroy());
    const KeyId = await createKey({}, only);
    expect(await refusalOf(replicate(KeyId, {}, only))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: 'This server serves us-east-1 only: no key can be replicated to eu-west-1.',
    });
  });
});

describe('UpdatePrimaryRegion', () => {
  const update = (KeyId: string, PrimaryRegion: string, at = home) =>
    at.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }));

  it('swaps the primary key and a replica', async () => {
    const KeyId = await createKey();
    await replicate(KeyId);
    await replicate(KeyId, { ReplicaRegion: 'eu-west-2' });
    await update(KeyId, 'eu-west-1');
    const configuration = {
      PrimaryKey: placeIn('eu-west-1', KeyId),
      ReplicaKeys: [placeIn('eu-west-2', KeyId), placeIn('us-east-1', KeyId)],
    };
    expect((await metadataOf(abroad, KeyId))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'PRIMARY',
      ...configuration,
    });
    expect((await metadataOf(home, KeyId))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'REPLICA',
      ...configuration,
    });
    // From now on it is the new primary key that is replicated.
    await replicate(KeyId, { ReplicaRegion: 'ap-south-1' }, abroad);
    expect((await refusalOf(replicate(KeyId, { ReplicaRegion: 'ap-south-2' }))).message).toBe(
      `${arnIn('us-east-1', KeyId)} is not a multi-region primary key.`,
    );
  });

  it('refuses a replica, a key of one region, and a region that has no replica', async () => {
    const KeyId = await createKey();
    await replicate(KeyId);
    expect((await refusalOf(update(KeyId, 'us-east-1', abroad))).message).toBe(
      `${arnIn('eu-west-1', KeyId)} is not a multi-region primary key.`,
    );
    const single = await createKey({ MultiRegion: false });
    expect((await refusalOf(update(single, 'eu-west-1'))).message).toBe(
      `${arnIn('us-east-1', single)} is not a multi-region primary key.`,
    );
    expect(await refusalOf(update(KeyId, 'eu-west-2'))).toMatchObject({
      name: 'NotFoundException',
      message: `Key '${arnIn('eu-west-2', KeyId)}' does not exist`,
    });
    expect((await refusalOf(update(KeyId, 'us-east-1'))).name).toBe(
      'UnsupportedOperationException',
    );
  });

  it('refuses a replica that cannot be used', async () => {
    const KeyId = await createKey();
    await replicate(KeyId);
    await abroad.send(new DisableKeyCommand({ KeyId }));
    expect(await refusalOf(update(KeyId, 'eu-west-1'))).toMatchObject({
      name: 'DisabledException',
      message: `${arnIn('eu-west-1', KeyId)} is disabled.`,
    });
    await abroad.send(new ScheduleKeyDeletionCommand({ KeyId }));
    expect((await refusalOf(update(KeyId, 'eu-west-1'))).name).toBe('KMSInvalidStateException');
  });
});

describe('the condition keys and permissions of multi-Region keys', () => {
  const allow = (Action: string | string[], Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource: '*',
    ...(Condition && { Condition }),
  });

  /** A server where `user` has these IAM statements, and the root of the account makes keys. */
  async function start(Statement: object[]) {
    const principals = [
      { accessKeyId: 'local', secretAccessKey: 'local', arn: ROOT },
      {
        accessKeyId: 'user',
        secretAccessKey: 's',
        arn: `arn:aws:iam::${ACCOUNT}:user/user`,
        policies: [{ Statement }],
      },
    ];
    const server = await startTestKms({ seed: parseSeed(JSON.stringify({ principals })) });
    onTestFinished(() => server.close());
    const root = createTestClient(server);
    const user = createTestClient(server, {
      credentials: { accessKeyId: 'user', secretAccessKey: 's' },
    });
    onTestFinished(() => {
      root.destroy();
      user.destroy();
    });
    return { root, user };
  }

  const inIreland = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } };
  const replicas = { StringEquals: { 'kms:MultiRegionKeyType': 'REPLICA' } };

  it.each<[string, object[], string | undefined]>([
    ['both permissions', [allow('kms:ReplicateKey'), allow('kms:CreateKey')], undefined],
    [
      'both, each in its region',
      [
        allow('kms:ReplicateKey', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }),
        allow('kms:CreateKey', inIreland),
      ],
      undefined,
    ],
    [
      'both, bounded to replicas of symmetric keys in Ireland',
      [
        allow('kms:ReplicateKey', { StringEquals: { 'kms:ReplicaRegion': 'eu-west-1' } }),
        allow('kms:CreateKey', {
          Bool: { 'kms:MultiRegion': 'true' },
          StringEquals: {
            'kms:MultiRegionKeyType': 'REPLICA',
            'kms:KeySpec': 'SYMMETRIC_DEFAULT',
            'kms:KeyOrigin': 'AWS_KMS',
          },
        }),
      ],
      undefined,
    ],
    ['no kms:CreateKey', [allow('kms:ReplicateKey')], 'kms:CreateKey'],
    ['no kms:ReplicateKey', [allow('kms:CreateKey')], 'kms:ReplicateKey'],
    [
      'kms:CreateKey elsewhere',
      [
        allow('kms:ReplicateKey'),
        allow('kms:CreateKey', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }),
      ],
      'kms:CreateKey',
    ],
    [
      'kms:ReplicateKey elsewhere',
      [
        allow('kms:CreateKey'),
        allow('kms:ReplicateKey', { StringEquals: { 'kms:ReplicaRegion': 'eu-west-2' } }),
      ],
      'kms:ReplicateKey',
    ],
    [
      'kms:ReplicateKey on replicas',
      [allow('kms:CreateKey'), allow('kms:ReplicateKey', replicas)],
      'kms:ReplicateKey',
    ],
  ])('ReplicateKey with %s', async (_, statements, missing) => {
    const { root, user } = await start(statements);
    const call = replicate(await createKey({}, root), {}, user);
    if (missing === undefined) await expect(call).resolves.toBeDefined();
    else {
      const refused = await refusalOf(call);
      expect(refused.name).toBe('AccessDeniedException');
      expect(refused.message).toContain(missing);
    }
  });

  it('CreateKey can be bounded to keys of one region', async () => {
    const { user } = await start([
      allow('kms:CreateKey', { Bool: { 'kms:MultiRegion': 'false' } }),
    ]);
    await createKey({ MultiRegion: false }, user);
    expect((await refusalOf(createKey({}, user))).name).toBe('AccessDeniedException');
  });

  it.each<[string, object[], boolean]>([
    ['anywhere', [allow('kms:UpdatePrimaryRegion')], true],
    [
      'to that region',
      [allow('kms:UpdatePrimaryRegion', { StringEquals: { 'kms:PrimaryRegion': 'eu-west-1' } })],
      true,
    ],
    [
      'to another region',
      [allow('kms:UpdatePrimaryRegion', { StringEquals: { 'kms:PrimaryRegion': 'eu-west-2' } })],
      false,
    ],
    ['on the replica only', [allow('kms:UpdatePrimaryRegion', replicas)], false],
    [
      'on the primary key only',
      [allow('kms:UpdatePrimaryRegion', { StringEquals: { 'kms:MultiRegionKeyType': 'PRIMARY' } })],
      false,
    ],
    ['in the region of the replica only', [allow('kms:UpdatePrimaryRegion', inIreland)], false],
  ])('UpdatePrimaryRegion allowed %s', async (_, statements, isAllowed) => {
    const { root, user } = await start(statements);
    const KeyId = await createKey({}, root);
    await replicate(KeyId, {}, root);
    const call = user.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' }));
    if (isAllowed) await expect(call).resolves.toBeDefined();
    else expect((await refusalOf(call)).name).toBe('AccessDeniedException');
  });
});

it('multi-Region keys are there after a restart, and decrypt for each other', async () => {
  const store = { kind: 'directory', directory: temporaryDirectory() } as const;
  const first = await startTestKms({ store });
  const before = createTestClient(first);
  const KeyId = await createKey({}, before);
  await replicate(KeyId, {}, before);
  const { CiphertextBlob } = await before.send(
    new EncryptCommand({ KeyId, Plaintext: new Uint8Array([7]) }),
  );
  before.destroy();
  await first.close();

  const second = await startTestKms({ store });
  onTestFinished(() => second.close());
  const after = createTestClient(second, { region: 'eu-west-1' });
  onTestFinished(() => after.destroy());
  const { Plaintext } = await after.send(new DecryptCommand({ CiphertextBlob }));
  expect(Plaintext).toEqual(new Uint8Array([7]));
  expect((await metadataOf(after, KeyId))?.MultiRegionConfiguration?.PrimaryKey?.Region).toBe(
    'us-east-1',
  );
});
