import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ListAliasesCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKms, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ALIASES = `arn:aws:kms:us-east-1:${ACCOUNT}:`;
const PREFIX_TEXT =
  'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html';

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

async function createKey(input: CreateKeyCommandInput = {}, at = client): Promise<string> {
  const { KeyMetadata } = await at.send(new CreateKeyCommand(input));
  return KeyMetadata?.KeyId ?? '';
}

const create = (AliasName: string, TargetKeyId: string, at = client) =>
  at.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
const update = (AliasName: string, TargetKeyId: string, at = client) =>
  at.send(new UpdateAliasCommand({ AliasName, TargetKeyId }));
const remove = (AliasName: string, at = client) => at.send(new DeleteAliasCommand({ AliasName }));
const targetOf = async (KeyId: string) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyId;

const badNames: [string, string, string | RegExp][] = [
  ['nothing', 'ValidationException', PREFIX_TEXT],
  ['Alias/x', 'ValidationException', PREFIX_TEXT],
  ['alias/', 'ValidationException', PREFIX_TEXT],
  ['alias/aws/s3', 'NotAuthorizedException', /^(NotAuthorizedException|UnknownError)?$/],
  [
    'alias/a b',
    'ValidationException',
    "1 validation error detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
  ],
  ['alias/a:b', 'ValidationException', 'alias/a:b contains invalid characters for an alias'],
  [`alias/${'x'.repeat(251)}`, 'ValidationException', /have length less than or equal to 256$/],
];

describe('CreateAlias', () => {
  it('names a key by id or ARN; names tell case apart', async () => {
    const [one, two] = [await createKey(), await createKey()];
    await create('alias/by-id', one);
    await create('alias/By-Id', `${ALIASES}key/${two}`);
    expect(await targetOf('alias/by-id')).toBe(one);
    expect(await targetOf(`${ALIASES}alias/By-Id`)).toBe(two);
  });

  it.each(badNames)('refuses the name %s', async (AliasName, name, message) => {
    expect(await refusalOf(create(AliasName, await createKey()))).toMatchObject({
      name,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  it('refuses a name twice, an alias as target and a key that is not there', async () => {
    const KeyId = await createKey();
    await create('alias/taken', KeyId);
    expect(await refusalOf(create('alias/taken', KeyId))).toMatchObject({
      name: 'AlreadyExistsException',
      message: `An alias with the name ${ALIASES}alias/taken already exists`,
    });
    expect(await refusalOf(create('alias/new', 'alias/taken'))).toMatchObject({
      name: 'ValidationException',
      message: 'Aliases must refer to keys. Not aliases',
    });
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect((await refusalOf(create('alias/new', unknown))).name).toBe('NotFoundException');
  });

  it('refuses the 51st alias of a key, and so does UpdateAlias', async () => {
    const [full, other] = [await createKey(), await createKey()];
    for (let i = 0; i < 50; i++) await create(`alias/full/${i}`, full);
    const quota = {
      name: 'LimitExceededException',
      message: 'Aliases per key quota for this account in this region is 50, current usage is 50.',
    };
    expect(await refusalOf(create('alias/full/50', full))).toMatchObject(quota);
    await create('alias/full/50', other);
    expect(await refusalOf(update('alias/full/50', full))).toMatchObject(quota);
    // One that it has already takes no place.
    await update('alias/full/0', full);
    await remove('alias/full/0');
    await update('alias/full/50', full);
    expect(await targetOf('alias/full/50')).toBe(full);
  });
});

describe('UpdateAlias', () => {
  it('moves an alias to another key of its kind, and says when', async () => {
    const [one, two] = [await createKey(), await createKey()];
    await create('alias/moving', one);
    const find = async (KeyId: string) => {
      const { Aliases } = await client.send(new ListAliasesCommand({ KeyId }));
      return Aliases?.find(({ AliasName }) => AliasName === 'alias/moving');
    };
    const created = await find(one);
    await update('alias/moving', `${ALIASES}key/${two}`);
    expect(await targetOf('alias/moving')).toBe(two);
    expect(await find(one)).toBeUndefined();
    const moved = await find(two);
    expect(moved?.CreationDate).toEqual(created?.CreationDate);
    expect(moved?.LastUpdatedDate?.getTime()).toBeGreaterThanOrEqual(
      created?.LastUpdatedDate?.getTime() ?? Number.NaN,
    );
  });

  const kinds = {
    symmetric: {},
    RSA: { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
    signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    'other signing': { KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY' },
    agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
    HMAC: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    'other HMAC': { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' },
  } as const satisfies Record<string, CreateKeyCommandInput>;

  it.each<[keyof typeof kinds, keyof typeof kinds]>([
    ['symmetric', 'RSA'],
    ['RSA', 'symmetric'],
    ['symmetric', 'HMAC'],
    ['signing', 'agreement'],
    ['HMAC', 'signing'],
  ])('does not move an alias from a %s key to a %s key', async (from, to) => {
    const name = `alias/${from}/${to}`;
    const current = await createKey(kinds[from]);
    await create(name, current);
    expect((await refusalOf(update(name, await createKey(kinds[to])))).name).toBe(
      'ValidationException',
    );
    expect(await targetOf(name)).toBe(current);
  });

  it.each<[keyof typeof kinds, keyof typeof kinds]>([
    ['signing', 'other signing'],
    ['HMAC', 'other HMAC'],
  ])('moves an alias from a %s key to a %s key', async (from, to) => {
    const name = `alias/${from}`;
    await create(name, await createKey(kinds[from]));
    const next = await createKey(kinds[to]);
    await update(name, next);
    expect(await targetOf(name)).toBe(next);
  });

  it('refuses an alias that is not there, and an alias as target', async () => {
    const KeyId = await createKey();
    expect(await refusalOf(update('alias/absent', KeyId))).toMatchObject({
      name: 'NotFoundException',
      message: `Alias ${ALIASES}alias/absent is not found.`,
    });
    await create('alias/target', KeyId);
    expect((await refusalOf(update('alias/target', 'alias/target'))).message).toBe(
      'Aliases must refer to keys. Not aliases',
    );
  });
});

describe('an alias in place of a key', () => {
  it.each([
    ['too long for a name', `alias/${'a'.repeat(251)}`],
    ['too long for the store', `alias/${'\u4e00'.repeat(2000)}`],
    ['of foreign characters', 'alias/\u0000\uffff'],
  ])('is not found if it is %s', async (_name, KeyId) => {
    expect(await refusalOf(targetOf(KeyId))).toMatchObject({
      name: 'NotFoundException',
      message: `Alias ${ALIASES}${KeyId} is not found.`,
    });
  });
});

describe('DeleteAlias', () => {
  it('removes the alias and leaves the key', async () => {
    const KeyId = await createKey();
    await create('alias/going', KeyId);
    await remove('alias/going');
    expect(await refusalOf(targetOf('alias/going'))).toMatchObject({
      name: 'NotFoundException',
      message: `Alias ${ALIASES}alias/going is not found.`,
    });
    expect(await targetOf(KeyId)).toBe(KeyId);
  });

  it.each(badNames)('refuses the name %s', async (AliasName, name) => {
    expect((await refusalOf(remove(AliasName))).name).toBe(name);
  });

  it('refuses an alias that is not there', async () => {
    expect((await refusalOf(remove('alias/absent'))).name).toBe('NotFoundException');
  });
});

describe('ListAliases', () => {
  it('pages through those of the region, or of one key', async () => {
    const server = await startTestKms();
    onTestFinished(() => server.close());
    const at = createTestClient(server);
    onTestFinished(() => at.destroy());
    const [one, two] = [await createKey({}, at), await createKey({}, at)];
    for (const name of ['a', 'b', 'c', 'd']) await create(`alias/${name}`, one, at);
    await create('alias/bb', two, at);
    const list = async (KeyId?: string) => {
      const pages: string[] = [];
      let Marker: string | undefined;
      do {
        const page = await at.send(
          new ListAliasesCommand({ Limit: 3, Marker, ...(KeyId && { KeyId }) }),
        );
        pages.push((page.Aliases ?? []).map(({ AliasName }) => AliasName).join(' '));
        Marker = page.NextMarker;
      } while (Marker !== undefined);
      return pages;
    };
    expect(await list()).toEqual(['alias/a alias/b alias/bb', 'alias/c alias/d']);
    expect(await list(one)).toEqual(['alias/a alias/b alias/c', 'alias/d']);
    expect(await list(two)).toEqual(['alias/bb']);
    const elsewhere = createTestClient(server, { region: 'eu-west-1' });
    onTestFinished(() => elsewhere.destroy());
    expect((await elsewhere.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
  });

  it.each([0, 101])('refuses a limit of %d', async (Limit) => {
    const call = client.send(new ListAliasesCommand({ Limit }));
    expect((await refusalOf(call)).name).toBe('ValidationException');
  });
});

describe('permissions on aliases', () => {
  const allowing = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  const names = ['create', 'update', 'delete'].map((name) => `alias/may-${name}`);

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
    const tagged = (TagValue: string) => createKey({ Tags: [{ TagKey: 'which', TagValue }] }, root);
    const [one, two] = [await tagged('one'), await tagged('two')];
    for (const name of names.slice(1)) await create(name, one, root);
    return {
      CreateAlias: () => create('alias/may-create', one, user),
      UpdateAlias: () => update('alias/may-update', two, user),
      DeleteAlias: () => remove('alias/may-delete', user),
      one,
      two,
    };
  }

  it.each(['CreateAlias', 'UpdateAlias', 'DeleteAlias'] as const)(
    '%s needs one on the alias and on each key',
    async (action) => {
      const alias = allowing(`kms:${action}`, `${ALIASES}alias/may-*`);
      const keys = allowing(`kms:${action}`, `${ALIASES}key/*`);
      for (const [policy, missing] of [
        [[alias], ':key/'],
        [[keys], ':alias/may-'],
      ] as const) {
        const refused = await refusalOf((await start([...policy]))[action]());
        expect(refused.name).toBe('AccessDeniedException');
        expect(refused.message).toContain(missing);
      }
      await expect((await start([alias, keys]))[action]()).resolves.toBeDefined();
    },
  );

  it.each([
    ['one', 'two'],
    ['two', 'one'],
  ] as const)('UpdateAlias needs one on key %s beside that on key %s', async (needed, allowed) => {
    const calls = await start([
      allowing('kms:UpdateAlias', `${ALIASES}alias/*`),
      {
        ...allowing('kms:UpdateAlias', `${ALIASES}key/*`),
        Condition: { StringEquals: { 'aws:ResourceTag/which': allowed } },
      },
    ]);
    expect((await refusalOf(calls.UpdateAlias())).message).toContain(calls[needed]);
  });

  it('kms:ResourceAliases has every alias of the key, kms:RequestAlias the one that was used', async () => {
    const server = await startTestKms();
    onTestFinished(() => server.close());
    const at = createTestClient(server);
    onTestFinished(() => at.destroy());
    const deny = (Condition: object) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition,
    });
    const KeyId = await createKey(
      {
        Policy: JSON.stringify({
          Statement: [
            { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
            deny({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/frozen' } }),
            deny({ StringEquals: { 'kms:RequestAlias': 'alias/old' } }),
          ],
        }),
      },
      at,
    );
    await create('alias/old', KeyId, at);
    await create('alias/new', KeyId, at);
    const encrypt = (by: string) =>
      at.send(new EncryptCommand({ KeyId: by, Plaintext: new Uint8Array(1) }));
    await encrypt('alias/new');
    expect((await refusalOf(encrypt('alias/old'))).name).toBe('AccessDeniedException');
    await create('alias/frozen', KeyId, at);
    expect((await refusalOf(encrypt('alias/new'))).name).toBe('AccessDeniedException');
    await remove('alias/frozen', at);
    await encrypt('alias/new');
  });
});

it('aliases are there after a restart, and none that was deleted', async () => {
  const store = { kind: 'directory', directory: temporaryDirectory() } as const;
  const first = await startTestKms({ store });
  const before = createTestClient(first);
  const [one, two] = [await createKey({}, before), await createKey({}, before)];
  for (const name of ['alias/kept', 'alias/moved', 'alias/gone']) await create(name, one, before);
  await update('alias/moved', two, before);
  await remove('alias/gone', before);
  before.destroy();
  await first.close();

  const second = await startTestKms({ store });
  onTestFinished(() => second.close());
  const after = createTestClient(second);
  onTestFinished(() => after.destroy());
  const list = async (KeyId: string) => {
    const { Aliases } = await after.send(new ListAliasesCommand({ KeyId }));
    return Aliases?.map(({ AliasName }) => AliasName);
  };
  expect(await list(one)).toEqual(['alias/kept']);
  expect(await list(two)).toEqual(['alias/moved']);
});
