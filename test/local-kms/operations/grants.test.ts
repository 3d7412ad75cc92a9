import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APP_ROLE,
  ARNS,
  allow,
  clientOf,
  createGrantedKey,
  type GrantScene,
  OWNER,
  type Player,
  startGrantScene,
} from '../../support/grant-scene.ts';
import { refusalOf } from '../../support/local-kms.ts';

const SYMMETRIC = { KeySpec: 'SYMMETRIC_DEFAULT' } as const;
const UNKNOWN_GRANT = '0a'.repeat(32);

let scene: GrantScene;
let KeyId: string;
let agreementKey: string;

beforeAll(async () => {
  scene = await startGrantScene();
  KeyId = await createGrantedKey(scene, { key: SYMMETRIC });
  agreementKey = await createGrantedKey(scene, {
    key: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
  });
});

afterAll(() => scene.close());

type GrantInput = Partial<CreateGrantCommandInput>;

async function createGrant(input: GrantInput = {}, player: Player = 'admin') {
  const { GrantId = '', GrantToken = '' } = await scene.as[player].send(
    new CreateGrantCommand({
      KeyId,
      GranteePrincipal: APP_ROLE,
      Operations: ['Encrypt', 'Decrypt'],
      ...input,
    }),
  );
  return { KeyId: input.KeyId ?? KeyId, GrantId, GrantToken };
}

async function listed(grant: { readonly KeyId: string; readonly GrantId: string }) {
  const { KeyId, GrantId } = grant;
  const { Grants = [] } = await scene.as.admin.send(new ListGrantsCommand({ KeyId, GrantId }));
  return Grants;
}

describe('CreateGrant', () => {
  it('answers an id and a token, and ListGrants shows what was asked for', async () => {
    const created = await createGrant({
      Name: 'all/of:it_',
      RetiringPrincipal: ARNS.helper,
      Operations: ['Decrypt', 'Encrypt', 'Decrypt'],
      Constraints: { EncryptionContextSubset: { tenant: 't1' } },
    });
    expect(created.GrantId).toMatch(/^[0-9a-f]{64}$/);
    expect(await listed(created)).toEqual([
      {
        KeyId,
        GrantId: created.GrantId,
        Name: 'all/of:it_',
        CreationDate: expect.any(Date),
        GranteePrincipal: APP_ROLE,
        RetiringPrincipal: ARNS.helper,
        IssuingAccount: `arn:aws:iam::${OWNER}:root`,
        Operations: ['Decrypt', 'Encrypt'],
        Constraints: { EncryptionContextSubset: { tenant: 't1' } },
      },
    ]);
  });

  it('has no members in ListGrants that were not asked for', async () => {
    const [entry] = await listed(await createGrant());
    expect(entry).not.toHaveProperty('Name');
    expect(entry).not.toHaveProperty('RetiringPrincipal');
    expect(entry).not.toHaveProperty('Constraints');
  });

  it.each([
    'ec2.amazonaws.com',
    'dynamodb.us-west-1.amazonaws.com',
    'ec2.cn-north-1.amazonaws.com.cn',
  ])('may be to, and retired by, the AWS service %s', async (service) => {
    const input = { Name: 'service', GranteePrincipal: service, RetiringPrincipal: service };
    const created = await createGrant(input);
    expect((await createGrant(input)).GrantId).toBe(created.GrantId);
    const { Grants } = await scene.as.admin.send(
      new ListGrantsCommand({ KeyId, GranteePrincipal: service }),
    );
    expect(Grants).toEqual([
      expect.objectContaining({ GranteePrincipal: service, RetiringPrincipal: service }),
    ]);
    await scene.as.admin.send(new RevokeGrantCommand({ KeyId, GrantId: created.GrantId }));
  });

  it('takes a retry with the same name for the grant that there is, with another token', async () => {
    const first = await createGrant({ Name: 'retried' });
    const again = await createGrant({ Name: 'retried', Operations: ['Decrypt', 'Encrypt'] });
    expect(again.GrantId).toBe(first.GrantId);
    expect(again.GrantToken).not.toBe(first.GrantToken);
    const other = await createGrant({ Name: 'retried', Operations: ['Decrypt'] });
    expect(other.GrantId).not.toBe(first.GrantId);
    expect((await createGrant()).GrantId).not.toBe((await createGrant()).GrantId);
  });

  it('makes one grant of retries that come at once', async () => {
    const grants = await Promise.all(
      Array.from({ length: 8 }, () => createGrant({ Name: 'at-once', Operations: ['Decrypt'] })),
    );
    expect(new Set(grants.map(({ GrantId }) => GrantId)).size).toBe(1);
    expect(new Set(grants.map(({ GrantToken }) => GrantToken)).size).toBe(8);
  });

  it('of the same name on two keys makes two grants', async () => {
    const Operations = ['DescribeKey'] as const satisfies GrantInput['Operations'];
    const here = await createGrant({ Name: 'twice', Operations });
    const there = await createGrant({ Name: 'twice', Operations, KeyId: agreementKey });
    expect(there.GrantId).not.toBe(here.GrantId);
  });

  it.each<[string, string, GrantInput, string?]>([
    ['no grantee', 'ValidationException', { GranteePrincipal: undefined }],
    ['two grantees', 'ValidationException', { GranteeServicePrincipal: 'ec2.amazonaws.com' }],
    [
      'two retiring principals',
      'ValidationException',
      { RetiringPrincipal: ARNS.helper, RetiringServicePrincipal: 'ec2.amazonaws.com' },
    ],
    [
      'a grantee that is a service',
      'UnsupportedOperationException',
      { GranteePrincipal: undefined, GranteeServicePrincipal: 'ec2.amazonaws.com' },
    ],
    [
      'a retiring principal that is a service',
      'UnsupportedOperationException',
      { RetiringServicePrincipal: 'ec2.amazonaws.com' },
    ],
    [
      'a source ARN',
      'UnsupportedOperationException',
      { Constraints: { SourceArn: 'arn:aws:s3:::bucket' } },
    ],
    ...[
      '111122223333',
      'ec2',
      'amazonaws.com',
      'ec2.amazonaws.com.example',
      'ec2.amazonaws-com',
      'arn:aws:iam::111122223333:group/g',
      'arn:aws-cn:iam::111122223333:role/app',
    ].map((GranteePrincipal): [string, string, GrantInput, string] => [
      `the grantee ${GranteePrincipal}`,
      'InvalidArnException',
      { GranteePrincipal },
      `ARN does not refer to a valid principal: ${GranteePrincipal}`,
    ]),
    [
      'a retiring principal that is none',
      'InvalidArnException',
      { RetiringPrincipal: 'arn:aws:iam::1:root' },
      'ARN does not refer to a valid principal: arn:aws:iam::1:root',
    ],
    [
      'a retiring principal of another partition',
      'InvalidArnException',
      { RetiringPrincipal: 'arn:aws-us-gov:iam::111122223333:root' },
      'ARN does not refer to a valid principal: arn:aws-us-gov:iam::111122223333:root',
    ],
    [
      'a grantee with a wildcard',
      'ValidationException',
      { GranteePrincipal: 'arn:aws:iam::111122223333:role/*' },
      "1 validation error detected: Value 'arn:aws:iam::111122223333:role/*' at 'granteePrincipal' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\w+=,.@:/-]+$",
    ],
    [
      'an unknown operation',
      'ValidationException',
      { Operations: ['GenerateRandom' as 'Decrypt'] },
      "1 validation error detected: Value 'GenerateRandom' at 'operations.1.member' failed to satisfy constraint: Member must satisfy enum value set: [Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo, Sign, Verify, GetPublicKey, CreateGrant, RetireGrant, DescribeKey, GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext, GenerateMac, VerifyMac, DeriveSharedSecret]",
    ],
    ['no operations', 'ValidationException', { Operations: [] }],
    [
      'CreateGrant alone',
      'ValidationException',
      { Operations: ['CreateGrant'] },
      'Grants must not contain only the CreateGrant operation.',
    ],
    ['an operation of other keys', 'ValidationException', { Operations: ['DeriveSharedSecret'] }],
    [
      'two constraints',
      'ValidationException',
      {
        Constraints: { EncryptionContextEquals: { a: 'b' }, EncryptionContextSubset: {} },
      },
      'More than one constraint supplied',
    ],
    [
      'a constraint of 385 characters',
      'ValidationException',
      { Constraints: { EncryptionContextEquals: { a: 'b'.repeat(384) } } },
    ],
    ['a name with a space', 'ValidationException', { Name: 'all of it' }],
    ['a token that is none', 'InvalidGrantTokenException', { GrantTokens: ['abcd'] }],
    ['an alias', 'NotFoundException', { KeyId: 'alias/a' }, "Invalid keyId 'alias/a'"],
  ])('refuses %s: %s', async (_name, name, input, message) => {
    const refusal = await refusalOf(createGrant(input));
    expect(refusal).toMatchObject({ name, ...(message === undefined ? {} : { message }) });
  });

  it('refuses an encryption context constraint on a key without encryption contexts', async () => {
    const call = createGrant({
      KeyId: agreementKey,
      Operations: ['DescribeKey'],
      Constraints: { EncryptionContextEquals: { a: 'b' } },
    });
    expect((await refusalOf(call)).name).toBe('ValidationException');
  });

  it('goes as far as its checks in a DryRun', async () => {
    const before = await scene.as.admin.send(new ListGrantsCommand({ KeyId, Limit: 100 }));
    expect((await refusalOf(createGrant({ DryRun: true }))).name).toBe('DryRunOperationException');
    const unfit = createGrant({ DryRun: true, Operations: ['Sign'] });
    expect((await refusalOf(unfit)).name).toBe('ValidationException');
    const after = await scene.as.admin.send(new ListGrantsCommand({ KeyId, Limit: 100 }));
    expect(after.Grants).toEqual(before.Grants);
  });

  it('needs an enabled key; listing and ending grants do not', async () => {
    const key = await createGrantedKey(scene);
    const [retired, revoked] = [
      await createGrant({ KeyId: key, RetiringPrincipal: ARNS.helper }),
      await createGrant({ KeyId: key }),
    ];
    await scene.as.owner.send(new DisableKeyCommand({ KeyId: key }));
    expect(await refusalOf(createGrant({ KeyId: key }))).toMatchObject({
      name: 'DisabledException',
      message: `${key} is disabled.`,
    });
    await scene.as.helper.send(new RetireGrantCommand({ GrantToken: retired.GrantToken }));
    await scene.as.admin.send(new RevokeGrantCommand({ KeyId: key, GrantId: revoked.GrantId }));
    expect((await scene.as.admin.send(new ListGrantsCommand({ KeyId: key }))).Grants).toEqual([]);
    await scene.as.owner.send(new EnableKeyCommand({ KeyId: key }));
  });
});

describe('the condition keys of CreateGrant', () => {
  const matching: GrantInput = {
    GranteePrincipal: APP_ROLE,
    RetiringPrincipal: ARNS.helper,
    Operations: ['Encrypt'],
    Constraints: { EncryptionContextEquals: { tenant: 't1' } },
  };

  it.each<[string, unknown, GrantInput]>([
    [
      'kms:GrantOperations',
      { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Encrypt', 'Decrypt'] } },
      { Operations: ['Encrypt', 'DescribeKey'] },
    ],
    [
      'kms:GranteePrincipal',
      { StringEquals: { 'kms:GranteePrincipal': APP_ROLE } },
      { GranteePrincipal: ARNS.bystander },
    ],
    [
      'kms:RetiringPrincipal',
      { StringEquals: { 'kms:RetiringPrincipal': ARNS.helper } },
      { RetiringPrincipal: undefined },
    ],
    [
      'kms:GrantConstraintType',
      { StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextEquals' } },
      { Constraints: { EncryptionContextSubset: { tenant: 't1' } } },
    ],
    [
      'kms:EncryptionContext',
      { StringEquals: { 'kms:EncryptionContext:tenant': 't1' } },
      { Constraints: { EncryptionContextEquals: { tenant: 't2' } } },
    ],
  ])('hold %s', async (_name, condition, differing) => {
    const key = await createGrantedKey(scene, {
      statements: [allow(ARNS.helper, ['CreateGrant'], condition)],
    });
    await createGrant({ ...matching, KeyId: key }, 'helper');
    const other = createGrant({ ...matching, KeyId: key, ...differing }, 'helper');
    expect((await refusalOf(other)).name).toBe('AccessDeniedException');
  });

  it('never say that an AWS service asks', async () => {
    const isForAWSResource = (value: string) => ({ Bool: { 'kms:GrantIsForAWSResource': value } });
    const key = await createGrantedKey(scene, {
      statements: [
        allow(ARNS.helper, ['CreateGrant'], isForAWSResource('true')),
        allow(ARNS.bystander, ['CreateGrant'], isForAWSResource('false')),
      ],
    });
    const refusal = await refusalOf(createGrant({ KeyId: key }, 'helper'));
    expect(refusal.name).toBe('AccessDeniedException');
    await createGrant({ KeyId: key }, 'bystander');
  });
});

describe('ListGrants', () => {
  let key: string;
  let ids: readonly string[];

  beforeAll(async () => {
    key = await createGrantedKey(scene);
    const grants = [
      await createGrant({ KeyId: key }),
      await createGrant({ KeyId: key, GranteePrincipal: ARNS.helper }),
      await createGrant({ KeyId: key }),
    ];
    ids = grants.map(({ GrantId }) => GrantId).toSorted();
  });

  it('pages by Limit and Marker', async () => {
    const first = await scene.as.admin.send(new ListGrantsCommand({ KeyId: key, Limit: 2 }));
    expect(first).toMatchObject({ Truncated: true, NextMarker: expect.any(String) });
    const { NextMarker: Marker } = first;
    const rest = await scene.as.admin.send(new ListGrantsCommand({ KeyId: key, Limit: 2, Marker }));
    expect(rest.Truncated).toBe(false);
    expect(rest).not.toHaveProperty('NextMarker');
    const listed = [...(first.Grants ?? []), ...(rest.Grants ?? [])];
    expect(listed.map(({ GrantId }) => GrantId)).toEqual(ids);
  });

  it('filters by grantee, and by grant id', async () => {
    const { Grants } = await scene.as.admin.send(
      new ListGrantsCommand({ KeyId: key, GranteePrincipal: ARNS.helper, Limit: 1 }),
    );
    expect(Grants?.map(({ GranteePrincipal }) => GranteePrincipal)).toEqual([ARNS.helper]);
    const GrantId = ids[1] ?? '';
    expect((await listed({ KeyId: key, GrantId })).map((grant) => grant.GrantId)).toEqual([
      GrantId,
    ]);
    expect(await listed({ KeyId: key, GrantId: UNKNOWN_GRANT })).toEqual([]);
  });

  it.each([
    ['InvalidGrantIdException', { GrantId: 'x' }],
    ['InvalidMarkerException', { Marker: '?' }],
    ['ValidationException', { Limit: 101 }],
    ['UnsupportedOperationException', { GranteeServicePrincipal: 'ec2.amazonaws.com' }],
  ])('refuses with %s: %j', async (name, input) => {
    const call = scene.as.admin.send(new ListGrantsCommand({ KeyId: key, ...input }));
    expect((await refusalOf(call)).name).toBe(name);
  });

  it('is not for the grantee', async () => {
    const call = scene.as.app.send(new ListGrantsCommand({ KeyId: key }));
    expect((await refusalOf(call)).name).toBe('AccessDeniedException');
  });
});

describe('ListRetirableGrants', () => {
  const list = (player: Player, input: Partial<ListRetirableGrantsCommand['input']>) =>
    scene.as[player].send(
      new ListRetirableGrantsCommand({ RetiringPrincipal: ARNS.foreign, ...input }),
    );

  it('has the grants on keys of every account, page by page, and asks for IAM alone', async () => {
    const mine = await scene.as.foreign.send(
      new CreateKeyCommand({ BypassPolicyLockoutSafetyCheck: true }),
    );
    const own = mine.KeyMetadata?.Arn ?? '';
    const grants = [
      await createGrant({ RetiringPrincipal: ARNS.foreign }),
      await createGrant({ RetiringPrincipal: ARNS.foreign }),
      await createGrant({ RetiringPrincipal: ARNS.foreign, KeyId: own }, 'foreign'),
    ];
    const first = await list('foreign', { Limit: 2 });
    expect(first).toMatchObject({ Truncated: true });
    const rest = await list('foreign', { Limit: 2, Marker: first.NextMarker });
    expect(rest).toMatchObject({ Truncated: false });
    const found = [...(first.Grants ?? []), ...(rest.Grants ?? [])];
    expect(found.map(({ GrantId }) => GrantId).toSorted()).toEqual(
      grants.map(({ GrantId }) => GrantId).toSorted(),
    );
    expect(found.map((grant) => grant.KeyId)).toContain(own);
  });

  it('names the retiring principal as its resource', async () => {
    expect(await refusalOf(list('powerless', {}))).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `kms:ListRetirableGrants on resource: ${ARNS.foreign} because no identity-based policy allows`,
      ),
    });
  });

  it.each([
    ['ValidationException', { RetiringPrincipal: ARNS.helper }],
    ['ValidationException', { RetiringPrincipal: 'ec2.amazonaws.com' }],
    ['ValidationException', { RetiringPrincipal: undefined }],
    ['ValidationException', { RetiringServicePrincipal: 'ec2.amazonaws.com' }],
    [
      'UnsupportedOperationException',
      { RetiringPrincipal: undefined, RetiringServicePrincipal: 'ec2.amazonaws.com' },
    ],
    ['InvalidArnException', { RetiringPrincipal: 'foreign' }],
    ['InvalidArnException', { RetiringPrincipal: ARNS.foreign.replace('aws', 'aws-cn') }],
    ['InvalidMarkerException', { Marker: 'abcd' }],
  ])('refuses with %s: %j', async (name, input) => {
    expect((await refusalOf(list('foreign', input))).name).toBe(name);
  });
});

describe('RetireGrant', () => {
  const retire = (player: Player, input: RetireGrantCommand['input']) =>
    scene.as[player].send(new RetireGrantCommand(input));

  it('ends the grant that a token names', async () => {
    const grant = await createGrant({ RetiringPrincipal: ARNS.helper });
    await retire('helper', { GrantToken: grant.GrantToken });
    expect(await listed(grant)).toEqual([]);
  });

  it('ends the grant of a key and an id', async () => {
    const { GrantId, ...grant } = await createGrant({ RetiringPrincipal: ARNS.helper });
    await retire('helper', { KeyId: grant.KeyId, GrantId });
    expect(await listed({ ...grant, GrantId })).toEqual([]);
  });

  it.each<[string, Player, GrantInput]>([
    ['the grantee, by its grant', 'app', { Operations: ['Decrypt', 'RetireGrant'] }],
    ['the root user of the issuing account', 'owner', {}],
    [
      'the retiring principal of another account',
      'powerless',
      { RetiringPrincipal: ARNS.powerless },
    ],
  ])('is for %s', async (_name, player, input) => {
    const grant = await createGrant(input);
    await retire(player, { GrantToken: grant.GrantToken });
    expect(await listed(grant)).toEqual([]);
  });

  it.each<[string, Player]>([
    ['a grantee without the operation', 'app'],
    ['an administrator of grants', 'admin'],
    ['a stranger whom IAM allows', 'foreign'],
  ])('is not for %s, token or not', async (_name, player) => {
    const grant = await createGrant({ RetiringPrincipal: ARNS.helper });
    const { GrantToken, KeyId, GrantId } = grant;
    for (const input of [{ GrantToken }, { KeyId, GrantId }]) {
      expect(await refusalOf(retire(player, input))).toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('is not authorized to perform: kms:RetireGrant on'),
      });
    }
    expect(await listed(grant)).toHaveLength(1);
  });

  it('ends nothing in a DryRun', async () => {
    const grant = await createGrant({ RetiringPrincipal: ARNS.helper });
    const call = retire('helper', { GrantToken: grant.GrantToken, DryRun: true });
    expect((await refusalOf(call)).name).toBe('DryRunOperationException');
    expect(await listed(grant)).toHaveLength(1);
  });

  it('finds a grant no second time', async () => {
    const grant = await createGrant({ RetiringPrincipal: ARNS.helper });
    await retire('helper', { GrantToken: grant.GrantToken });
    const again = retire('helper', { GrantToken: grant.GrantToken });
    expect((await refusalOf(again)).name).toBe('NotFoundException');
  });

  it('takes no token of another region', async () => {
    const { GrantToken } = await createGrant({ RetiringPrincipal: ARNS.helper });
    const elsewhere = clientOf(scene.kms, 'helper', 'eu-west-1');
    const call = elsewhere.send(new RetireGrantCommand({ GrantToken }));
    expect((await refusalOf(call)).name).toBe('InvalidGrantTokenException');
    elsewhere.destroy();
  });

  it.each([
    ['nothing', 'ValidationException', () => ({})],
    ['a key alone', 'ValidationException', () => ({ KeyId })],
    ['an id alone', 'ValidationException', () => ({ GrantId: UNKNOWN_GRANT })],
    [
      'both forms',
      'ValidationException',
      () => ({ KeyId, GrantId: UNKNOWN_GRANT, GrantToken: 'abcd' }),
    ],
    ['a token that is none', 'InvalidGrantTokenException', () => ({ GrantToken: 'abcd' })],
    ['an id that is none', 'InvalidGrantIdException', () => ({ KeyId, GrantId: 'abcd' })],
    ['an unknown id', 'NotFoundException', () => ({ KeyId, GrantId: UNKNOWN_GRANT })],
  ])('refuses %s: %s', async (_name, name, input) => {
    expect((await refusalOf(retire('helper', input()))).name).toBe(name);
  });
});

describe('RevokeGrant', () => {
  const revoke = (player: Player, input: RevokeGrantCommand['input']) =>
    scene.as[player].send(new RevokeGrantCommand(input));

  it('ends a grant, for who may do so by the key policy', async () => {
    const grant = await createGrant({ Operations: ['Decrypt', 'RetireGrant'] });
    const input = { KeyId: grant.KeyId, GrantId: grant.GrantId };
    expect((await refusalOf(revoke('app', input))).name).toBe('AccessDeniedException');
    const dryRun = revoke('admin', { ...input, DryRun: true });
    expect((await refusalOf(dryRun)).name).toBe('DryRunOperationException');
    expect(await listed(grant)).toHaveLength(1);
    await revoke('admin', input);
    expect(await listed(grant)).toEqual([]);
    expect((await refusalOf(revoke('admin', input))).name).toBe('NotFoundException');
  });

  it.each([
    ['InvalidGrantIdException', 'abcd'],
    ['NotFoundException', UNKNOWN_GRANT],
    ['ValidationException', ''],
  ])('refuses with %s the id %j', async (name, GrantId) => {
    expect((await refusalOf(revoke('admin', { KeyId, GrantId }))).name).toBe(name);
  });
});

describe('GrantTokens', () => {
  const encrypt = (KeyId: string, GrantTokens: string[]) =>
    scene.as.app.send(new EncryptCommand({ KeyId, Plaintext: new Uint8Array([1]), GrantTokens }));

  it('of other grants, and of grants that have ended, permit nothing and are no error', async () => {
    const key = await createGrantedKey(scene);
    const { GrantId, GrantToken } = await createGrant({ KeyId: key });
    const other = await createGrant({ KeyId: agreementKey, Operations: ['DescribeKey'] });
    await encrypt(key, [GrantToken, other.GrantToken]);
    await scene.as.admin.send(new RevokeGrantCommand({ KeyId: key, GrantId }));
    const refusal = await refusalOf(encrypt(key, [GrantToken, other.GrantToken]));
    expect(refusal.name).toBe('AccessDeniedException');
  });

  it('that are none are refused, also where a grant permits the call', async () => {
    const { GrantToken } = await createGrant();
    const refusal = await refusalOf(encrypt(KeyId, [GrantToken, `${GrantToken.slice(0, -4)}AAAA`]));
    expect(refusal).toMatchObject({ name: 'InvalidGrantTokenException' });
    const described = scene.as.owner.send(
      new DescribeKeyCommand({ KeyId, GrantTokens: ['no token'] }),
    );
    expect((await refusalOf(described)).name).toBe('InvalidGrantTokenException');
  });

  it('do not help who is not the grantee', async () => {
    const { GrantToken } = await createGrant();
    const call = scene.as.bystander.send(
      new DecryptCommand({
        KeyId,
        CiphertextBlob: new Uint8Array([1]),
        GrantTokens: [GrantToken],
      }),
    );
    expect((await refusalOf(call)).name).toBe('AccessDeniedException');
  });
});
