import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListKeyPoliciesCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalKms, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const ROOT = 'arn:aws:iam::111122223333:root';

/** Users of the account, each with the IAM statements that follow its name. */
const users = {
  tagger: [
    { Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' },
    {
      Effect: 'Allow',
      Action: 'kms:TagResource',
      Resource: 'arn:aws:kms:*:111122223333:key/*',
      Condition: {
        StringEquals: { 'aws:RequestTag/team': 'a' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'] },
      },
    },
  ],
  creator: [{ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' }],
  ofTeamA: [
    {
      Effect: 'Allow',
      Action: ['kms:DescribeKey', 'kms:UntagResource'],
      Resource: '*',
      Condition: {
        StringEquals: { 'aws:ResourceTag/Team': 'a' },
        'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['team'] },
      },
    },
  ],
};

let kms: LocalKms;
let client: KMSClient;
const as = {} as Record<keyof typeof users, KMSClient>;

beforeAll(async () => {
  const principals = [
    { accessKeyId: 'local', secretAccessKey: 'local', arn: ROOT },
    ...Object.entries(users).map(([accessKeyId, Statement]) => ({
      accessKeyId,
      secretAccessKey: 's',
      arn: `arn:aws:iam::111122223333:user/${accessKeyId}`,
      policies: [{ Statement }],
    })),
  ];
  kms = await startTestKms({ seed: parseSeed(JSON.stringify({ principals })) });
  client = createTestClient(kms);
  for (const accessKeyId of Object.keys(users) as (keyof typeof users)[]) {
    as[accessKeyId] = createTestClient(kms, { credentials: { accessKeyId, secretAccessKey: 's' } });
  }
});

afterAll(async () => {
  for (const one of [client, ...Object.values(as)]) one.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
  return KeyMetadata?.Arn ?? '';
}

const tag = (TagKey: string, TagValue = ''): Tag => ({ TagKey, TagValue });
const numbered = (count: number): Tag[] => Array.from({ length: count }, (_, i) => tag(`k${i}`));
const tagsOf = async (KeyId: string) =>
  (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags;

describe('tags', () => {
  it('are those of the creation, with others added, replaced and removed', async () => {
    const KeyId = await createKey({ Tags: [tag('b', '1'), tag('a')] });
    expect(await tagsOf(KeyId)).toEqual([tag('a'), tag('b', '1')]);
    await client.send(new TagResourceCommand({ KeyId, Tags: [tag('c', '3'), tag('b', '2')] }));
    expect(await tagsOf(KeyId)).toEqual([tag('a'), tag('b', '2'), tag('c', '3')]);
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['a', 'c', 'never'] }));
    expect(await tagsOf(KeyId)).toEqual([tag('b', '2')]);
  });

  it('tell keys apart by case, and may have other characters', async () => {
    const Tags = [tag('Cost Centre', 'ü ½'), tag('a'), tag('A'), tag('x+=._:/@-')];
    const KeyId = await createKey({ Tags });
    expect(new Set(await tagsOf(KeyId))).toEqual(new Set(Tags));
  });

  it('are listed page by page', async () => {
    const KeyId = await createKey({ Tags: [tag('a b'), tag('ä'), tag('c')] });
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListResourceTagsCommand({ KeyId, Limit: 1, Marker }));
      expect(page.Tags).toHaveLength(1);
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      seen.push(...(page.Tags ?? []).map(({ TagKey }) => TagKey));
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(seen).toEqual(['a b', 'c', 'ä']);
  });

  const refusals: [Tag[], string, string | RegExp][] = [
    [[tag('aws:x')], 'TagException', 'Tags beginning with aws: are reserved'],
    [[tag('AwS:x')], 'TagException', 'Tags beginning with aws: are reserved'],
    [numbered(51), 'TagException', 'Too many tags'],
    [[tag('a'), tag('a', '2')], 'TagException', 'Duplicate tag keys'],
    [[tag('team', 'R & D')], 'TagException', /^Invalid tag$/],
    [[tag('a'), tag('why?')], 'TagException', /^Invalid tag$/],
    [
      [tag('k'.repeat(129))],
      'ValidationException',
      /at 'tags\.1\.member\.tagKey' .* have length less than or equal to 128$/,
    ],
    [
      [tag('a'), tag('b', 'v'.repeat(257))],
      'ValidationException',
      /at 'tags\.2\.member\.tagValue' .* have length less than or equal to 256$/,
    ],
    [[tag('')], 'ValidationException', /'tags\.1\.member\.tagKey' .* greater than or equal to 1$/],
  ];

  it.each(refusals)('refuses %j at creation', async (Tags, name, message) => {
    const refused = await refusalOf(client.send(new CreateKeyCommand({ Tags })));
    expect(refused).toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it.each(refusals)('refuses to add %j', async (Tags, name, message) => {
    const KeyId = await createKey();
    const refused = await refusalOf(client.send(new TagResourceCommand({ KeyId, Tags })));
    expect(refused).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(await tagsOf(KeyId)).toEqual([]);
  });

  it('are 50 at most, those that are there counted', async () => {
    const KeyId = await createKey({ Tags: numbered(49) });
    await client.send(new TagResourceCommand({ KeyId, Tags: [tag('k0', 'new'), tag('x')] }));
    const call = client.send(new TagResourceCommand({ KeyId, Tags: [tag('y')] }));
    expect(await refusalOf(call)).toMatchObject({ name: 'TagException', message: 'Too many tags' });
    expect(await tagsOf(KeyId)).toHaveLength(50);
  });

  it('of AWS itself are not removed', async () => {
    const KeyId = await createKey();
    const call = client.send(new UntagResourceCommand({ KeyId, TagKeys: ['aws:x'] }));
    expect((await refusalOf(call)).name).toBe('TagException');
  });

  it.each([0, 51])('are not listed %d at a time', async (Limit) => {
    const KeyId = await createKey();
    const call = client.send(new ListResourceTagsCommand({ KeyId, Limit }));
    expect((await refusalOf(call)).name).toBe('ValidationException');
  });
});

describe('the condition keys of tags', () => {
  it('bound what a caller may tag a new key with, for which it must be allowed to tag', async () => {
    const create = (who: keyof typeof users, ...Tags: Tag[]) =>
      as[who].send(new CreateKeyCommand({ Tags }));
    expect((await create('creator')).KeyMetadata?.Enabled).toBe(true);
    expect((await create('tagger', tag('team', 'a'))).KeyMetadata?.Enabled).toBe(true);
    for (const refused of [
      create('creator', tag('team', 'a')),
      create('tagger', tag('team', 'b')),
      create('tagger', tag('team', 'a'), tag('other')),
    ]) {
      const { name, message } = await refusalOf(refused);
      expect(name).toBe('AccessDeniedException');
      expect(message).toContain('kms:TagResource');
    }
  });

  it('bound what a caller may tag a key with', async () => {
    const KeyId = await createKey();
    const add = (...Tags: Tag[]) => as.tagger.send(new TagResourceCommand({ KeyId, Tags }));
    await add(tag('team', 'a'), tag('stage', 'x'));
    expect((await refusalOf(add(tag('team', 'b')))).name).toBe('AccessDeniedException');
  });

  it('let a caller at keys with a tag only', async () => {
    const describeAs = (KeyId: string) => as.ofTeamA.send(new DescribeKeyCommand({ KeyId }));
    const mine = await createKey({ Tags: [tag('team', 'a')] });
    expect((await describeAs(mine)).KeyMetadata?.Arn).toBe(mine);
    const other = await createKey({ Tags: [tag('team', 'b')] });
    expect((await refusalOf(describeAs(other))).name).toBe('AccessDeniedException');
    await client.send(new UntagResourceCommand({ KeyId: mine, TagKeys: ['team'] }));
    expect((await refusalOf(describeAs(mine))).name).toBe('AccessDeniedException');
  });

  it('bound what a caller may remove', async () => {
    const KeyId = await createKey({ Tags: [tag('team', 'a'), tag('stage')] });
    const remove = (...TagKeys: string[]) =>
      as.ofTeamA.send(new UntagResourceCommand({ KeyId, TagKeys }));
    await remove('stage');
    expect((await refusalOf(remove('team'))).name).toBe('AccessDeniedException');
    expect(await tagsOf(KeyId)).toEqual([tag('team', 'a')]);
  });

  it('are those of the replica when a key is replicated', async () => {
    const KeyId = await createKey({
      MultiRegion: true,
      Policy: JSON.stringify({
        Statement: [
          { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
          { Effect: 'Allow', Principal: '*', Action: 'kms:ReplicateKey', Resource: '*' },
        ],
      }),
    });
    const replicate = (team: string) =>
      as.tagger.send(
        new ReplicateKeyCommand({
          KeyId,
          ReplicaRegion: 'eu-west-1',
          Tags: [tag('team', team)],
        }),
      );
    const refused = await refusalOf(replicate('b'));
    expect(refused.name).toBe('AccessDeniedException');
    expect(refused.message).toContain('kms:TagResource on resource: arn:aws:kms:eu-west-1:');
    expect((await replicate('a')).ReplicaTags).toEqual([tag('team', 'a')]);
  });
});

describe('UpdateKeyDescription', () => {
  it('replaces the description, by nothing too', async () => {
    const KeyId = await createKey({ Description: 'first' });
    for (const Description of ['second', '']) {
      await client.send(new UpdateKeyDescriptionCommand({ KeyId, Description }));
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata?.Description).toBe(Description);
    }
  });

  it('refuses 8193 characters', async () => {
    const KeyId = await createKey();
    const call = client.send(
      new UpdateKeyDescriptionCommand({ KeyId, Description: 'x'.repeat(8193) }),
    );
    expect((await refusalOf(call)).message).toMatch(/'description' .* less than or equal to 8192$/);
  });
});

describe('ListKeyPolicies', () => {
  it('has the one name that GetKeyPolicy takes', async () => {
    const KeyId = await createKey();
    const answer = await client.send(new ListKeyPoliciesCommand({ KeyId, Limit: 1 }));
    expect(answer).toMatchObject({ PolicyNames: ['default'], Truncated: false });
    expect(answer).not.toHaveProperty('NextMarker');
    const [PolicyName] = answer.PolicyNames ?? [];
    const { Policy } = await client.send(new GetKeyPolicyCommand({ KeyId, PolicyName }));
    expect(Policy).toContain('key-default-1');
  });

  it.each([0, 1001])('refuses a limit of %d', async (Limit) => {
    const call = client.send(new ListKeyPoliciesCommand({ KeyId: await createKey(), Limit }));
    expect((await refusalOf(call)).name).toBe('ValidationException');
  });
});
