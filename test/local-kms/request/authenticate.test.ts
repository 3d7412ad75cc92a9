// Requests signed by the principals of a seed, over the wire: who they are, what that lets them do,
// and requests that are signed in ways that no SDK signs in.
import { request as httpRequest } from 'node:http';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSeed } from '../../../local-kms/index.ts';
import { startLocalKms, type TestKms } from '../../../local-kms/testing.ts';
import { signRequest } from '../../../shared/kms/index.ts';
import { createTestClient, refusalOf } from '../../support/local-kms.ts';
import { type RawRequest, signedPost } from '../../support/signed-post.ts';
import { readText } from '../../support/streams.ts';

const OURS = '111122223333';
const THEIRS = '444455556666';
const text = Buffer.from('x');

const seed = parseSeed(`
principals:
  - { accessKeyId: root, secretAccessKey: s-root, arn: 'arn:aws:iam::${OURS}:root' }
  - accessKeyId: ASIASESSION
    secretAccessKey: s-session
    sessionToken: token/of+session==
    arn: arn:aws:sts::${OURS}:assumed-role/Worker/one
  - accessKeyId: user
    secretAccessKey: s-user
    arn: arn:aws:iam::${OURS}:user/team/ann
    policies:
      - Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: 'kms:*', Resource: '*' }
          - { Effect: Deny, Action: 'kms:Decrypt', Resource: '*' }
  - { accessKeyId: nobody, secretAccessKey: s-nobody, arn: 'arn:aws:iam::${OURS}:user/bob' }
  - { accessKeyId: theirRoot, secretAccessKey: s-their-root, arn: 'arn:aws:iam::${THEIRS}:root' }
  - accessKeyId: theirUser
    secretAccessKey: s-their-user
    arn: arn:aws:iam::${THEIRS}:user/eve
    policies:
      - Version: '2012-10-17'
        Statement: { Effect: Allow, Action: ['kms:Encrypt', 'kms:DisableKey'], Resource: '*' }
  - { accessKeyId: theirNobody, secretAccessKey: s-their-nobody, arn: 'arn:aws:iam::${THEIRS}:user/nil' }
`);

const CREDENTIALS = {
  root: { accessKeyId: 'root', secretAccessKey: 's-root' },
  session: {
    accessKeyId: 'ASIASESSION',
    secretAccessKey: 's-session',
    sessionToken: 'token/of+session==',
  },
  user: { accessKeyId: 'user', secretAccessKey: 's-user' },
  nobody: { accessKeyId: 'nobody', secretAccessKey: 's-nobody' },
  theirRoot: { accessKeyId: 'theirRoot', secretAccessKey: 's-their-root' },
  theirUser: { accessKeyId: 'theirUser', secretAccessKey: 's-their-user' },
  theirNobody: { accessKeyId: 'theirNobody', secretAccessKey: 's-their-nobody' },
} as const;
type Who = keyof typeof CREDENTIALS;

let kms: TestKms;
const clients = new Map<Who, KMSClient>();

beforeAll(async () => {
  kms = await startLocalKms({ seed });
});

afterAll(async () => {
  for (const client of clients.values()) client.destroy();
  await kms.close();
});

function as(who: Who): KMSClient {
  const client = clients.get(who) ?? createTestClient(kms, { credentials: CREDENTIALS[who] });
  clients.set(who, client);
  return client;
}

const ALLOW_ACCOUNT = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${OURS}:root` },
  Action: 'kms:*',
  Resource: '*',
};

/** The ARN of a new key of our account; `statements` go into its policy beside that for the account. */
async function createKey(...statements: readonly object[]): Promise<string> {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [ALLOW_ACCOUNT, ...statements],
  });
  const { KeyMetadata } = await as('root').send(new CreateKeyCommand({ Policy }));
  return KeyMetadata?.Arn ?? '';
}

describe('a principal of the seed', () => {
  it('has its identity in the audit', async () => {
    await as('session')
      .send(new ListKeysCommand())
      .catch(() => undefined);
    expect(kms.events.at(-1)?.userIdentity).toMatchObject({
      type: 'AssumedRole',
      arn: `arn:aws:sts::${OURS}:assumed-role/Worker/one`,
      sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${OURS}:role/Worker` } },
    });
    await as('user').send(new ListKeysCommand());
    expect(kms.events.at(-1)?.userIdentity).toMatchObject({ type: 'IAMUser', userName: 'ann' });
    await as('theirRoot').send(new ListKeysCommand());
    expect(kms.events.at(-1)).toMatchObject({
      userIdentity: { type: 'Root', accountId: THEIRS },
      recipientAccountId: THEIRS,
    });
  });

  it('may what its identity policies allow, where the key leaves it to them, but for what they deny', async () => {
    const KeyId = await createKey();
    const { CiphertextBlob } = await as('user').send(
      new EncryptCommand({ KeyId, Plaintext: text }),
    );
    const decrypt = new DecryptCommand({ CiphertextBlob });
    expect(await refusalOf(as('user').send(decrypt))).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${OURS}:user/team/ann is not authorized to perform: kms:Decrypt on resource: ${KeyId} with an explicit deny in an identity-based policy`,
    });
    const encrypt = new EncryptCommand({ KeyId, Plaintext: text });
    expect(await refusalOf(as('nobody').send(encrypt))).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${OURS}:user/bob is not authorized to perform: kms:Encrypt on resource: ${KeyId} because no identity-based policy allows the kms:Encrypt action`,
    });
  });

  it('may not what its identity policies allow, where the key does not leave it to them', async () => {
    const KeyId = await createKey();
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ ...ALLOW_ACCOUNT, Principal: { AWS: `arn:aws:iam::${OURS}:role/Worker` } }],
    });
    const BypassPolicyLockoutSafetyCheck = true;
    await as('root').send(
      new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck }),
    );
    const encrypt = new EncryptCommand({ KeyId, Plaintext: text });
    expect((await as('session').send(encrypt)).KeyId).toBe(KeyId);
    for (const who of ['user', 'root', 'nobody', 'theirUser'] as const) {
      expect((await refusalOf(as(who).send(encrypt))).name).toBe('AccessDeniedException');
    }
  });

  it('needs an identity policy for what is about no key', async () => {
    const random = new GenerateRandomCommand({ NumberOfBytes: 8 });
    expect((await as('user').send(random)).Plaintext).toHaveLength(8);
    expect((await refusalOf(as('nobody').send(random))).message).toMatch(
      /^User: arn:aws:iam::111122223333:user\/bob is not authorized to perform: kms:GenerateRandom/,
    );
    expect((await refusalOf(as('nobody').send(new CreateKeyCommand()))).name).toBe(
      'AccessDeniedException',
    );
  });
});

describe('a caller of another account', () => {
  const TO_THEM = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${THEIRS}:root` },
    Action: ['kms:Encrypt', 'kms:DisableKey'],
    Resource: '*',
  };

  it.each<[Who, string, boolean, boolean]>([
    ['theirUser', 'both its identity policy and the key allow it', true, true],
    ['theirUser', 'its identity policy alone allows it', false, false],
    ['theirNobody', 'the key alone allows it', true, false],
    ['theirRoot', 'the key allows the account', true, true],
  ])('%s, when %s', async (who, _why, keyAllows, allowed) => {
    const KeyId = await createKey(...(keyAllows ? [TO_THEM] : []));
    const call = as(who).send(new EncryptCommand({ KeyId, Plaintext: text }));
    if (allowed) expect((await call).KeyId).toBe(KeyId);
    else expect((await refusalOf(call)).name).toBe('AccessDeniedException');
  });

  it('does not manage a key, whatever the policies say', async () => {
    const KeyId = await createKey(TO_THEM);
    const refusal = await refusalOf(as('theirUser').send(new DisableKeyCommand({ KeyId })));
    expect(refusal.name).toBe('AccessDeniedException');
    const { KeyMetadata } = await as('root').send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata?.Enabled).toBe(true);
  });

  it('finds nothing by a bare id, which is of its own account', async () => {
    const KeyId = await createKey(TO_THEM);
    const id = KeyId.split('/').at(-1) as string;
    const refusal = await refusalOf(
      as('theirUser').send(new EncryptCommand({ KeyId: id, Plaintext: text })),
    );
    expect(refusal).toMatchObject({
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:us-east-1:${THEIRS}:key/${id}' does not exist`,
    });
  });

  it('reads no public key of a key that gives it nothing', async () => {
    const KeyId = await createKey();
    const ask = async (KeyId: string) =>
      (await refusalOf(as('theirNobody').send(new GetPublicKeyCommand({ KeyId })))).name;
    expect(await ask(KeyId)).toBe('AccessDeniedException');
  });
});

describe('a session token', () => {
  const listKeys = { target: 'TrentService.ListKeys' };
  it.each<[string, NonNullable<RawRequest['credentials']>, string]>([
    [
      'left out',
      { accessKeyId: 'ASIASESSION', secretAccessKey: 's-session' },
      'UnrecognizedClientException',
    ],
    [
      'of another session',
      { ...CREDENTIALS.session, sessionToken: 'token/of+session=' },
      'UnrecognizedClientException',
    ],
    [
      'for a principal that has none',
      { ...CREDENTIALS.root, sessionToken: 'token' },
      'UnrecognizedClientException',
    ],
    [
      'with another secret',
      { ...CREDENTIALS.session, secretAccessKey: 's-root' },
      'InvalidSignatureException',
    ],
    [
      'with an unknown access key',
      { ...CREDENTIALS.session, accessKeyId: 'ASIANOBODY' },
      'UnrecognizedClientException',
    ],
  ])('is refused %s', async (_how, credentials, type) => {
    const answer = await signedPost(kms, { ...listKeys, credentials });
    expect([answer.status, answer.body.__type]).toEqual([400, type]);
    expect(answer.text).not.toMatch(/token\/of|s-session|s-root/);
  });
});

describe('a request that no SDK makes', () => {
  const body = Buffer.from('{}');
  const CONTENT_TYPE = ['content-type', 'application/x-amz-json-1.1'] as const;
  const TARGET = ['x-amz-target', 'TrentService.ListKeys'] as const;

  type Pairs = readonly (readonly [string, string])[];

  interface Odd {
    readonly method?: string;
    /** Where it goes, and what is signed as path and query. */
    readonly path?: string;
    readonly query?: string;
    readonly signed?: Pairs;
    /** Sent beside those that are signed. */
    readonly unsigned?: Pairs;
    readonly service?: string;
    readonly region?: string;
    readonly sentBody?: Uint8Array;
    readonly without?: readonly string[];
  }

  async function send(odd: Odd): Promise<{ readonly status: number; readonly type: unknown }> {
    const { method = 'POST', path = '/', query = '' } = odd;
    const signed: [string, string][] = [
      ...(odd.signed ?? [CONTENT_TYPE, TARGET]).map(
        ([name, value]) => [name, value] as [string, string],
      ),
      ['host', `127.0.0.1:${kms.port}`],
    ];
    const signature = signRequest({
      method,
      path,
      query,
      headers: signed,
      body,
      credentials: CREDENTIALS.root,
      region: odd.region ?? 'us-east-1',
      service: odd.service ?? 'kms',
      now: Date.now(),
    });
    const headers = [...signed, ...Object.entries(signature), ...(odd.unsigned ?? [])].filter(
      ([name]) => !odd.without?.includes(name),
    );
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      httpRequest({
        host: '127.0.0.1',
        port: kms.port,
        method,
        path: query === '' ? path : `${path}?${query}`,
        headers: headers.flat(),
      })
        .once('error', reject)
        .once('response', async (response) =>
          resolve({ status: response.statusCode ?? 0, text: await readText(response) }),
        )
        .end(odd.sentBody ?? body);
    });
    const type = answer.text === '' ? undefined : JSON.parse(answer.text).__type;
    return { status: answer.status, type };
  }

  it.each<[string, Odd]>([
    [
      'header names in capitals',
      {
        signed: [
          ['Content-Type', CONTENT_TYPE[1]],
          ['X-Amz-Target', TARGET[1]],
        ],
      },
    ],
    ['no content type', { signed: [TARGET] }],
    ['a content type that is not signed', { signed: [TARGET], unsigned: [CONTENT_TYPE] }],
    ['a query that is signed', { query: 'b=2&a=1' }],
    ['a header beside that is not signed', { unsigned: [['user-agent', 'odd']] }],
    [
      'the hash of its body',
      {
        signed: [
          CONTENT_TYPE,
          TARGET,
          [
            'x-amz-content-sha256',
            '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
          ],
        ],
      },
    ],
    ['spaces in a signed header', { signed: [CONTENT_TYPE, TARGET, ['x-amz-meta', 'a   b']] }],
  ])('is answered with %s', async (_what, odd) => {
    expect(await send(odd)).toEqual({ status: 200, type: undefined });
  });

  it.each<[string, Odd, number, string]>([
    [
      'another body than was signed',
      { sentBody: Buffer.from('{"Limit":1}') },
      400,
      'InvalidSignatureException',
    ],
    [
      'the hash of another body',
      { signed: [CONTENT_TYPE, TARGET, ['x-amz-content-sha256', '0'.repeat(64)]] },
      400,
      'InvalidSignatureException',
    ],
    [
      'an operation that is not signed',
      { signed: [CONTENT_TYPE], unsigned: [TARGET] },
      400,
      'InvalidSignatureException',
    ],
    [
      'a second operation that is not signed',
      { unsigned: [['X-Amz-Target', 'TrentService.CreateKey']] },
      400,
      'IncompleteSignatureException',
    ],
    [
      'a session token that is not signed',
      { unsigned: [['x-amz-security-token', 'token/of+session==']] },
      400,
      'InvalidSignatureException',
    ],
    ['a scope of another service', { service: 's3' }, 400, 'InvalidSignatureException'],
    ['a scope of no region', { region: '*' }, 400, 'InvalidSignatureException'],
    ['no time', { without: ['x-amz-date'] }, 400, 'IncompleteSignatureException'],
    ['no signature', { without: ['authorization'] }, 400, 'MissingAuthenticationTokenException'],
    [
      'its signature in the query, as a presigned one has it',
      {
        without: ['authorization', 'x-amz-date'],
        query: `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=root%2F20260101%2Fus-east-1%2Fkms%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0'.repeat(64)}`,
      },
      400,
      'MissingAuthenticationTokenException',
    ],
    ['another method', { method: 'PUT' }, 404, 'UnknownOperationException'],
    ['another path', { path: '/kms' }, 404, 'UnknownOperationException'],
  ])('is refused with %s', async (_what, odd, status, type) => {
    const before = kms.events.length;
    expect(await send(odd)).toEqual({ status, type });
    expect(kms.events.length).toBe(before);
  });
});
