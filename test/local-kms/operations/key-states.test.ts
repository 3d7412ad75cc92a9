import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKms, type LocalKmsOptions, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ROOT = 'arn:aws:iam::111122223333:root';
const DAY = 86_400;

let kms: LocalKms;
let client: KMSClient;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

type State =
  | 'Enabled'
  | 'Disabled'
  | 'PendingDeletion'
  | 'PendingReplicaDeletion'
  | 'PendingImport';

/** A multi-Region primary key in a state, with an alias, and a replica where the state needs one. */
async function keyIn(state: State): Promise<{ KeyId: string; AliasName: string }> {
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({
      MultiRegion: true,
      ...(state === 'PendingImport' ? { Origin: 'EXTERNAL' } : {}),
    }),
  );
  const KeyId = KeyMetadata?.Arn ?? '';
  const AliasName = `alias/${KeyMetadata?.KeyId}`;
  await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
  if (state === 'PendingReplicaDeletion') {
    await client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
  }
  if (state === 'Disabled') await client.send(new DisableKeyCommand({ KeyId }));
  if (state === 'PendingDeletion' || state === 'PendingReplicaDeletion') {
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
  }
  return { KeyId, AliasName };
}

describe('EnableKey and DisableKey', () => {
  it('switch a key off and on again, and are content with one that is as they want it', async () => {
    const { KeyId } = await keyIn('Enabled');
    const stateOf = async () => {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      return [KeyMetadata?.KeyState, KeyMetadata?.Enabled];
    };
    await client.send(new DisableKeyCommand({ KeyId }));
    await client.send(new DisableKeyCommand({ KeyId }));
    expect(await stateOf()).toEqual(['Disabled', false]);
    await client.send(new EnableKeyCommand({ KeyId }));
    await client.send(new EnableKeyCommand({ KeyId }));
    expect(await stateOf()).toEqual(['Enabled', true]);
  });
});

describe('ScheduleKeyDeletion and CancelKeyDeletion', () => {
  it.each([[7], [30], [undefined]])(
    'sets a date %s days ahead, and takes it back',
    async (days) => {
      const { KeyId } = await keyIn('Enabled');
      const before = Date.now() / 1000;
      const answer = await client.send(
        new ScheduleKeyDeletionCommand({ KeyId, ...(days && { PendingWindowInDays: days }) }),
      );
      expect(answer).toMatchObject({
        KeyId,
        KeyState: 'PendingDeletion',
        PendingWindowInDays: days ?? 30,
      });
      const seconds = (answer.DeletionDate?.getTime() ?? 0) / 1000 - (days ?? 30) * DAY;
      expect(seconds).toBeGreaterThanOrEqual(before - 1);
      expect(seconds).toBeLessThanOrEqual(Date.now() / 1000 + 1);

      const pending = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(pending.KeyMetadata).toMatchObject({
        KeyState: 'PendingDeletion',
        Enabled: false,
        DeletionDate: answer.DeletionDate,
      });

      expect((await client.send(new CancelKeyDeletionCommand({ KeyId }))).KeyId).toBe(KeyId);
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
      expect(KeyMetadata).not.toHaveProperty('DeletionDate');
    },
  );

  it.each([
    [0, /Value '0' at 'pendingWindowInDays' .* greater than or equal to 1$/],
    [6, /^PendingWindowInDays must be between 7 and 30$/],
    [31, /^PendingWindowInDays must be between 7 and 30$/],
    [366, /Value '366' at 'pendingWindowInDays' .* less than or equal to 365$/],
  ])('refuses a window of %d days', async (PendingWindowInDays, message) => {
    const { KeyId } = await keyIn('Enabled');
    const call = client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));
    expect(await refusalOf(call)).toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it('returns a key without material to where it was', async () => {
    const { KeyId } = await keyIn('PendingImport');
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.KeyState).toBe('PendingImport');
  });
});

describe('an operation on a key in another state', () => {
  const policy = JSON.stringify({
    Statement: { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
  });
  type Named = { readonly KeyId: string; readonly AliasName: string };
  const operations = {
    Encrypt: ({ KeyId }: Named) =>
      client.send(new EncryptCommand({ KeyId, Plaintext: new Uint8Array(1) })),
    GenerateDataKey: ({ KeyId }: Named) =>
      client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' })),
    GenerateDataKeyPair: ({ KeyId }: Named) =>
      client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
    CreateGrant: ({ KeyId }: Named) =>
      client.send(
        new CreateGrantCommand({ KeyId, GranteePrincipal: ROOT, Operations: ['Decrypt'] }),
      ),
    DescribeKey: ({ KeyId }: Named) => client.send(new DescribeKeyCommand({ KeyId })),
    GetKeyPolicy: ({ KeyId }: Named) => client.send(new GetKeyPolicyCommand({ KeyId })),
    PutKeyPolicy: ({ KeyId }: Named) =>
      client.send(new PutKeyPolicyCommand({ KeyId, Policy: policy })),
    ListKeyPolicies: ({ KeyId }: Named) => client.send(new ListKeyPoliciesCommand({ KeyId })),
    ListResourceTags: ({ KeyId }: Named) => client.send(new ListResourceTagsCommand({ KeyId })),
    ListGrants: ({ KeyId }: Named) => client.send(new ListGrantsCommand({ KeyId })),
    ListAliases: ({ KeyId }: Named) => client.send(new ListAliasesCommand({ KeyId })),
    EnableKey: ({ KeyId }: Named) => client.send(new EnableKeyCommand({ KeyId })),
    DisableKey: ({ KeyId }: Named) => client.send(new DisableKeyCommand({ KeyId })),
    UpdateKeyDescription: ({ KeyId }: Named) =>
      client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: '' })),
    TagResource: ({ KeyId }: Named) =>
      client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })),
    UntagResource: ({ KeyId }: Named) =>
      client.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] })),
    CreateAlias: ({ KeyId, AliasName }: Named) =>
      client.send(new CreateAliasCommand({ AliasName: `${AliasName}/2`, TargetKeyId: KeyId })),
    UpdateAlias: ({ KeyId, AliasName }: Named) =>
      client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: KeyId })),
    DeleteAlias: ({ AliasName }: Named) => client.send(new DeleteAliasCommand({ AliasName })),
    ReplicateKey: ({ KeyId }: Named) =>
      client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'ap-south-1' })),
    UpdatePrimaryRegion: ({ KeyId }: Named) =>
      client.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: 'eu-west-1' })),
    ScheduleKeyDeletion: ({ KeyId }: Named) =>
      client.send(new ScheduleKeyDeletionCommand({ KeyId })),
    CancelKeyDeletion: ({ KeyId }: Named) => client.send(new CancelKeyDeletionCommand({ KeyId })),
  } as const;
  type Name = keyof typeof operations;

  const disabled = ['DisabledException', 'is disabled.'] as const;
  const importing = ['KMSInvalidStateException', 'is pending import.'] as const;
  const deletion = ['KMSInvalidStateException', 'is pending deletion.'] as const;
  const replicaDeletion = ['KMSInvalidStateException', 'is pending replica deletion.'] as const;
  const notPending = ['KMSInvalidStateException', 'is not pending deletion.'] as const;

  const ok: readonly Name[] = [
    'DescribeKey',
    'GetKeyPolicy',
    'PutKeyPolicy',
    'ListKeyPolicies',
    'ListResourceTags',
    'ListGrants',
    'ListAliases',
    'DeleteAlias',
  ];
  const use: readonly Name[] = ['Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'CreateGrant'];
  const regions: readonly Name[] = ['ReplicateKey', 'UpdatePrimaryRegion'];
  const changes: readonly Name[] = [
    'UpdateKeyDescription',
    'TagResource',
    'UntagResource',
    'CreateAlias',
    'UpdateAlias',
    'ScheduleKeyDeletion',
  ];
  const switches: readonly Name[] = ['EnableKey', 'DisableKey'];
  const cancel: readonly Name[] = ['CancelKeyDeletion'];

  it.each<[State, readonly Name[]]>([
    ['Enabled', [...ok, ...changes, ...switches]],
    ['Disabled', [...ok, ...changes, ...switches]],
    ['PendingImport', [...ok, ...changes]],
    ['PendingDeletion', [...ok, ...cancel]],
    ['PendingReplicaDeletion', [...ok, ...cancel]],
  ])('%s succeeds: %j', async (state, names) => {
    for (const name of names) {
      const key = await keyIn(state);
      await expect(operations[name](key), name).resolves.toBeDefined();
    }
  });

  it.each<[State, readonly Name[], readonly [string, string]]>([
    ['Disabled', [...use, ...regions], disabled],
    ['PendingImport', [...use, ...regions, ...switches], importing],
    ['PendingDeletion', [...use, ...regions, ...changes, ...switches], deletion],
    ['PendingReplicaDeletion', [...use, ...regions, ...changes, ...switches], replicaDeletion],
    ['Enabled', cancel, notPending],
    ['Disabled', cancel, notPending],
    ['PendingImport', cancel, notPending],
  ])('%s is refused: %j', async (state, names, [exception, text]) => {
    const key = await keyIn(state);
    for (const name of names) {
      expect(await refusalOf(operations[name](key)), name).toMatchObject({
        name: exception,
        message: `${key.KeyId} ${text}`,
      });
    }
  });

  it('is refused for a key pair too', async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
    );
    const KeyId = KeyMetadata?.Arn ?? '';
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    const calls = () => [
      client.send(new GetPublicKeyCommand({ KeyId })),
      client.send(
        new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' }),
      ),
    ];
    await client.send(new DisableKeyCommand({ KeyId }));
    for (const call of calls()) {
      expect(await refusalOf(call)).toMatchObject({
        name: 'DisabledException',
        message: `${KeyId} is disabled.`,
      });
    }
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    for (const call of calls()) {
      expect(await refusalOf(call)).toMatchObject({
        name: 'KMSInvalidStateException',
        message: `${KeyId} is pending deletion.`,
      });
    }
  });
});

describe('a key whose deletion date has passed', () => {
  /** A server and clients whose clocks can be set ahead together. */
  async function start(store: LocalKmsOptions['store']) {
    let ahead = 0;
    const server = await startTestKms({ store, now: () => Date.now() + ahead });
    onTestFinished(() => server.close().catch(() => {}));
    return {
      server,
      /** The client of a region, `days` after the start. */
      at(days: number, region = 'us-east-1'): Pick<KMSClient, 'send'> {
        // One for each call: it would set its clock by the answer's Date, which is the true one.
        const send = (command: Parameters<KMSClient['send']>[0]) => {
          ahead = days * DAY * 1000;
          const late = createTestClient(server, { region, systemClockOffset: ahead });
          return late.send(command).finally(() => late.destroy());
        };
        return { send: send as KMSClient['send'] };
      },
    };
  }

  async function createDoomed(at: Pick<KMSClient, 'send'>) {
    const { KeyMetadata } = await at.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.Arn ?? '';
    await at.send(new CreateAliasCommand({ AliasName: 'alias/doomed', TargetKeyId: KeyId }));
    await at.send(
      new CreateGrantCommand({ KeyId, GranteePrincipal: ROOT, Operations: ['Decrypt'] }),
    );
    await at.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    return KeyId;
  }

  async function expectGone(at: Pick<KMSClient, 'send'>, KeyId: string) {
    expect(await refusalOf(at.send(new DescribeKeyCommand({ KeyId })))).toMatchObject({
      name: 'NotFoundException',
      message: `Key '${KeyId}' does not exist`,
    });
    const byAlias = at.send(new DescribeKeyCommand({ KeyId: 'alias/doomed' }));
    expect((await refusalOf(byAlias)).name).toBe('NotFoundException');
    expect((await at.send(new ListKeysCommand({}))).Keys).toEqual([]);
    expect((await at.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
    const cancel = at.send(new CancelKeyDeletionCommand({ KeyId }));
    expect((await refusalOf(cancel)).name).toBe('NotFoundException');
  }

  it('is gone with its aliases, whose names are free again', async () => {
    const { at } = await start({ kind: 'memory' });
    const KeyId = await createDoomed(at(0));
    const { KeyMetadata } = await at(6.99).send(new DescribeKeyCommand({ KeyId: 'alias/doomed' }));
    expect(KeyMetadata?.KeyState).toBe('PendingDeletion');
    await expectGone(at(7.01), KeyId);

    const heir = (await at(7.01).send(new CreateKeyCommand({}))).KeyMetadata?.Arn;
    await at(7.01).send(new CreateAliasCommand({ AliasName: 'alias/doomed', TargetKeyId: heir }));
    const found = await at(7.01).send(new DescribeKeyCommand({ KeyId: 'alias/doomed' }));
    expect(found.KeyMetadata?.Arn).toBe(heir);
  });

  it('is gone after a restart, and one that is not due is there with its alias and tags', async () => {
    const store = { kind: 'directory', directory: temporaryDirectory() } as const;
    const first = await start(store);
    const doomed = await createDoomed(first.at(0));
    const { KeyMetadata } = await first
      .at(0)
      .send(new CreateKeyCommand({ Tags: [{ TagKey: 'team', TagValue: 'a' }] }));
    const KeyId = KeyMetadata?.Arn ?? '';
    await first
      .at(0)
      .send(new CreateAliasCommand({ AliasName: 'alias/stays', TargetKeyId: KeyId }));
    await first.at(0).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 30 }));
    await first.server.close();

    const second = await start(store);
    const late = second.at(8);
    const byAlias = await late.send(new DescribeKeyCommand({ KeyId: 'alias/stays' }));
    expect(byAlias.KeyMetadata).toMatchObject({ Arn: KeyId, KeyState: 'PendingDeletion' });
    const { Tags } = await late.send(new ListResourceTagsCommand({ KeyId }));
    expect(Tags).toEqual([{ TagKey: 'team', TagValue: 'a' }]);
    const gone = late.send(new DescribeKeyCommand({ KeyId: doomed }));
    expect((await refusalOf(gone)).name).toBe('NotFoundException');
    const { Aliases } = await late.send(new ListAliasesCommand({}));
    expect(Aliases?.map(({ AliasName }) => AliasName)).toEqual(['alias/stays']);
  });

  it('lets its primary key begin to wait, and go, once it was the last replica', async () => {
    const { at } = await start({ kind: 'memory' });
    const { KeyMetadata } = await at(0).send(new CreateKeyCommand({ MultiRegion: true }));
    const KeyId = KeyMetadata?.KeyId ?? '';
    for (const ReplicaRegion of ['eu-west-1', 'eu-west-2']) {
      await at(0).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }));
    }
    const scheduled = await at(0).send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 10 }),
    );
    expect(scheduled).toMatchObject({
      KeyState: 'PendingReplicaDeletion',
      PendingWindowInDays: 10,
    });
    expect(scheduled).not.toHaveProperty('DeletionDate');
    const last = await at(0, 'eu-west-1').send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 20 }),
    );
    await at(0, 'eu-west-2').send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
    );

    const waiting = await at(8).send(new DescribeKeyCommand({ KeyId }));
    expect(waiting.KeyMetadata).toMatchObject({
      KeyState: 'PendingReplicaDeletion',
      Enabled: false,
      PendingDeletionWindowInDays: 10,
      MultiRegionConfiguration: { ReplicaKeys: [{ Region: 'eu-west-1' }] },
    });
    const alone = (await at(21).send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;
    expect(alone).toMatchObject({
      KeyState: 'PendingDeletion',
      DeletionDate: new Date((last.DeletionDate?.getTime() ?? 0) + 10 * DAY * 1000),
      MultiRegionConfiguration: { ReplicaKeys: [] },
    });
    expect(alone).not.toHaveProperty('PendingDeletionWindowInDays');
    const gone = at(30.1).send(new DescribeKeyCommand({ KeyId }));
    expect((await refusalOf(gone)).name).toBe('NotFoundException');
  });

  it('takes its primary key with it if both dates have passed unseen', async () => {
    const { at } = await start({ kind: 'memory' });
    const { KeyMetadata } = await at(0).send(new CreateKeyCommand({ MultiRegion: true }));
    const KeyId = KeyMetadata?.KeyId ?? '';
    await at(0).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    await at(0).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await at(0, 'eu-west-1').send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
    );
    expect((await at(15).send(new ListKeysCommand({}))).Keys).toEqual([]);
  });
});

describe('kms:ScheduleKeyDeletionPendingWindowInDays', () => {
  it('bounds the window that a caller may ask for, or leave to the default', async () => {
    const policy = {
      Statement: [
        { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Deny',
          Action: 'kms:ScheduleKeyDeletion',
          Resource: '*',
          Condition: {
            NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' },
          },
        },
      ],
    };
    const seed = parseSeed(
      JSON.stringify({
        principals: [
          {
            accessKeyId: 'careful',
            secretAccessKey: 's',
            arn: 'arn:aws:iam::111122223333:user/careful',
            policies: [policy],
          },
        ],
      }),
    );
    const server = await startTestKms({ seed });
    onTestFinished(() => server.close());
    const careful = createTestClient(server, {
      credentials: { accessKeyId: 'careful', secretAccessKey: 's' },
    });
    onTestFinished(() => careful.destroy());
    const KeyId = (await careful.send(new CreateKeyCommand({}))).KeyMetadata?.Arn;
    const hasty = careful.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 29 }));
    expect((await refusalOf(hasty)).name).toBe('AccessDeniedException');
    const answer = await careful.send(new ScheduleKeyDeletionCommand({ KeyId }));
    expect(answer.KeyState).toBe('PendingDeletion');
  });
});
