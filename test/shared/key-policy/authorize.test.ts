import { describe, expect, it } from 'vitest';
import {
  authorize,
  explainAuthorization,
  type PolicyGrant,
  parseIdentityPolicy,
  parseKeyPolicy,
} from '../../../shared/key-policy/index.ts';

const A = '111122223333';
const B = '444455556666';
const keyArn = `arn:aws:kms:us-east-1:${A}:key/1`;

const callers = {
  role: { arn: `arn:aws:sts::${A}:assumed-role/Broker/i-1`, accountId: A },
  root: { arn: `arn:aws:iam::${A}:root`, accountId: A },
  foreign: { arn: `arn:aws:sts::${B}:assumed-role/Broker/i-1`, accountId: B },
  foreignRoot: { arn: `arn:aws:iam::${B}:root`, accountId: B },
};

const to = (Effect: string, AWS: string, more: object = {}) => ({
  Effect,
  Principal: { AWS },
  Action: 'kms:*',
  Resource: '*',
  ...more,
});
const keyPolicies = {
  delegating: [to('Allow', A)],
  direct: [to('Allow', `arn:aws:iam::${A}:role/Broker`)],
  everyone: [to('Allow', '*')],
  others: [to('Allow', `arn:aws:iam::${A}:role/Other`)],
  denying: [to('Allow', '*'), to('Deny', '*')],
  sharing: [to('Allow', B)],
};

const identities = {
  none: [],
  allow: [{ Effect: 'Allow', Action: 'kms:*', Resource: keyArn }],
  other: [{ Effect: 'Allow', Action: 'kms:*', Resource: `${keyArn}2` }],
  deny: [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
  ],
};

const grantTo = (granteePrincipal: string, operation = 'Decrypt'): PolicyGrant => ({
  grantId: `${operation} to ${granteePrincipal}`,
  granteePrincipal,
  operations: [operation],
});

function decide(
  caller: keyof typeof callers,
  key: keyof typeof keyPolicies | undefined,
  identity: keyof typeof identities,
  grants?: readonly PolicyGrant[],
) {
  const statements = identities[identity];
  return authorize({
    request: {
      principal: callers[caller],
      action: key === undefined ? 'kms:GenerateRandom' : 'kms:Decrypt',
      resource: key === undefined ? '*' : keyArn,
      context: new Map(),
    },
    key: key && {
      accountId: A,
      policy: parseKeyPolicy(JSON.stringify({ Statement: keyPolicies[key] })),
      ...(grants === undefined ? {} : { grants }),
    },
    identityPolicies: new Map(
      statements.map((statement, i) => [
        `policy ${i}`,
        parseIdentityPolicy(JSON.stringify({ Statement: statement })),
      ]),
    ),
  });
}

const KEY = 'resource-based policy';
const IAM = 'identity-based policy';

describe('authorize', () => {
  it.each([
    ['role', 'delegating', 'none', 'implicit-deny', IAM],
    ['role', 'delegating', 'allow', 'allow', IAM],
    ['role', 'delegating', 'other', 'implicit-deny', IAM],
    ['role', 'delegating', 'deny', 'explicit-deny', IAM],
    ['role', 'direct', 'none', 'allow', KEY],
    ['role', 'direct', 'deny', 'explicit-deny', IAM],
    ['role', 'everyone', 'none', 'allow', KEY],
    ['role', 'others', 'allow', 'implicit-deny', KEY],
    ['role', 'sharing', 'allow', 'implicit-deny', KEY],
    ['role', 'denying', 'allow', 'explicit-deny', KEY],
    ['root', 'delegating', 'none', 'allow', KEY],
    ['root', 'others', 'none', 'implicit-deny', KEY],
    ['root', 'denying', 'none', 'explicit-deny', KEY],
    ['foreign', 'delegating', 'allow', 'implicit-deny', KEY],
    ['foreign', 'sharing', 'none', 'implicit-deny', IAM],
    ['foreign', 'sharing', 'allow', 'allow', IAM],
    ['foreign', 'everyone', 'none', 'implicit-deny', IAM],
    ['foreign', 'everyone', 'allow', 'allow', IAM],
    ['foreign', 'everyone', 'deny', 'explicit-deny', IAM],
    ['foreignRoot', 'sharing', 'none', 'allow', IAM],
    ['foreignRoot', 'others', 'none', 'implicit-deny', KEY],
    ['role', undefined, 'none', 'implicit-deny', IAM],
    ['role', undefined, 'allow', 'implicit-deny', IAM],
    ['role', undefined, 'deny', 'allow', IAM],
    ['root', undefined, 'none', 'allow', IAM],
  ] as const)(
    '%s, key policy %s, identity policy %s: %s by %s',
    (caller, key, identity, effect, by) => {
      expect(decide(caller, key, identity)).toMatchObject({ effect, settledBy: by });
    },
  );

  const own = [grantTo(`arn:aws:iam::${A}:role/Broker`)];
  const foreign = [grantTo(`arn:aws:iam::${B}:role/Broker`)];
  const useless = [
    grantTo(`arn:aws:iam::${A}:role/Broker`, 'Encrypt'),
    grantTo(`arn:aws:iam::${A}:root`),
  ];
  it.each([
    ['role', 'others', 'none', 'its own', own, 'allow', 'grant'],
    ['role', 'others', 'deny', 'its own', own, 'explicit-deny', IAM],
    ['role', 'denying', 'allow', 'its own', own, 'explicit-deny', KEY],
    ['role', 'direct', 'none', 'its own', own, 'allow', KEY],
    ['role', 'delegating', 'none', 'its own', own, 'allow', 'grant'],
    ['role', 'delegating', 'allow', 'its own', own, 'allow', 'grant'],
    ['role', 'others', 'allow', 'useless', useless, 'implicit-deny', KEY],
    ['role', 'delegating', 'none', 'useless', useless, 'implicit-deny', IAM],
    ['role', 'others', 'none', 'the last of many', [...useless, ...own], 'allow', 'grant'],
    ['role', 'others', 'none', 'no', [], 'implicit-deny', KEY],
    ['foreign', 'others', 'none', 'its own', foreign, 'implicit-deny', IAM],
    ['foreign', 'others', 'allow', 'its own', foreign, 'allow', IAM],
    ['foreign', 'others', 'deny', 'its own', foreign, 'explicit-deny', IAM],
    ['foreign', 'others', 'allow', "another's", own, 'implicit-deny', KEY],
    ['root', 'others', 'none', 'the account', useless, 'allow', 'grant'],
  ] as const)(
    '%s, key policy %s, identity policy %s, %s grants: %o gives %s by %s',
    (caller, key, identity, _whose, grants, effect, by) => {
      const decided = decide(caller, key, identity, grants);
      expect(decided).toMatchObject({ effect, settledBy: by });
      expect(decided.grants.map(({ grantId }) => grantId)).toEqual(
        grants.map(({ grantId }) => grantId),
      );
    },
  );

  it('asks no grant about an action that is about no key', () => {
    expect(decide('role', undefined, 'none', own).grants).toEqual([]);
  });
});

describe('explainAuthorization', () => {
  it('tells which statement and which condition, expected and actual', () => {
    const policy = parseKeyPolicy(
      JSON.stringify({
        Statement: [
          to('Allow', A),
          to('Allow', `arn:aws:iam::${A}:role/Broker`, {
            Sid: 'Enclave only',
            Condition: {
              StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': ['aa', 'bb'] },
            },
          }),
          to('Allow', '*', { Action: 'kms:Encrypt' }),
        ],
      }),
    );
    const identityPolicies = new Map([
      ['team', parseIdentityPolicy('{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}')],
    ]);
    const request = {
      principal: callers.role,
      action: 'kms:Decrypt',
      resource: keyArn,
      context: new Map(),
    };
    const text = explainAuthorization(
      authorize({ request, key: { accountId: A, policy }, identityPolicies }),
    );
    expect(text.split('\n')).toEqual([
      `Denied explicitly (identity-based policy): "kms:Decrypt" on "${keyArn}" for "${callers.role.arn}".`,
      '  Key policy, statement 0 (Allow): leaves it to the IAM policies of the account',
      '  Key policy, statement 1 "Enclave only" (Allow): does not apply, a condition does not hold',
      '    StringEqualsIgnoreCase "kms:RecipientAttestation:PCR0": expected "aa" or "bb", actual missing from the request: does not hold',
      '  Key policy, statement 2 (Allow): does not apply, its action does not fit',
      '  Identity policy "team", statement 0 (Deny): denies',
    ]);
  });

  it('tells of each grant to the caller why it does not apply, and counts the others', () => {
    const grants = [
      grantTo(`arn:aws:iam::${A}:role/Other`),
      grantTo(`arn:aws:iam::${A}:role/Broker`, 'Encrypt'),
      {
        ...grantTo(`arn:aws:iam::${A}:role/Broker`),
        grantId: 'tenant',
        constraints: { encryptionContextSubset: new Map([['Tenant', '\u202e"a']]) },
      },
      grantTo(`arn:aws:iam::${A}:user/ann`),
    ];
    const context = new Map([['kms:EncryptionContext:Tenant', ['b']]]);
    const request = { principal: callers.role, action: 'kms:Decrypt', resource: keyArn, context };
    const policy = parseKeyPolicy(JSON.stringify({ Statement: keyPolicies.others }));
    const key = { accountId: A, policy, grants };
    const text = explainAuthorization(authorize({ request, key, identityPolicies: new Map() }));
    expect(text.split('\n')).toEqual([
      `Not allowed (resource-based policy): "kms:Decrypt" on "${keyArn}" for "${callers.role.arn}".`,
      '  Key policy, statement 0 (Allow): does not apply, its principal does not fit',
      `  Grant "Encrypt to arn:aws:iam::${A}:role/Broker": does not apply, its operations do not cover this`,
      '  Grant "tenant": does not apply, a constraint does not hold',
      '    EncryptionContextSubset: expected {"Tenant":"\\u{202e}\\"a"}, actual {"Tenant":"b"}: does not hold',
      '  Grants to other principals: 2',
    ]);
  });

  it('says of a condition key that KMS does not have it', () => {
    const Condition = { StringEquals: { 'kms:RecipientAttestaton:PCR0': 'aa' } };
    const policy = parseKeyPolicy(JSON.stringify({ Statement: to('Deny', '*', { Condition }) }));
    const request = {
      principal: callers.role,
      action: 'kms:Decrypt',
      resource: keyArn,
      context: new Map(),
    };
    const key = { accountId: A, policy };
    expect(
      explainAuthorization(authorize({ request, key, identityPolicies: new Map() })),
    ).toContain('StringEquals "kms:RecipientAttestaton:PCR0" (KMS has no such key): expected');
  });

  it('lets no text of a request end a line, turn it around or fill the log', () => {
    const value = `\n\u0085\u2028\u202e${'x'.repeat(10_000)}`;
    const policy = parseKeyPolicy(
      JSON.stringify({
        Statement: to('Allow', '*', { Condition: { StringEquals: { 'kms:a': 'b' } } }),
      }),
    );
    const text = explainAuthorization(
      authorize({
        request: {
          principal: callers.role,
          action: 'kms:Decrypt',
          resource: keyArn,
          context: new Map([['kms:a', [value]]]),
        },
        key: { accountId: A, policy },
        identityPolicies: new Map(),
      }),
    );
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toContain('actual "\\n\\u{85}\\u{2028}\\u{202e}xxx');
    expect(text).not.toMatch(/[\u0080-\u009f\u2028\u202e]/);
    expect(text.length).toBeLessThan(1000);
  });
});
