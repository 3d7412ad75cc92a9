import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../shared/errors.ts';
import { parseIdentityPolicy, parseKeyPolicy } from '../../../shared/key-policy/index.ts';

const valid = {
  Sid: 'Enclave only',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:role/Broker' },
  Action: 'kms:Decrypt',
  Resource: '*',
  Condition: { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'ab' } },
};

function policyOf(statement: unknown, more: object = {}): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement, ...more });
}

function without(name: keyof typeof valid): object {
  return Object.fromEntries(Object.entries(valid).filter(([member]) => member !== name));
}

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('parseKeyPolicy accepts', () => {
  it('a statement by itself as a list of one', () => {
    const [one] = parseKeyPolicy(policyOf(valid)).statements;
    const [listed, ...others] = parseKeyPolicy(policyOf([valid])).statements;
    expect([JSON.stringify(listed), others]).toEqual([JSON.stringify(one), []]);
    expect(one).toMatchObject({
      sid: 'Enclave only',
      effect: 'Allow',
      principal: {
        negated: false,
        principals: [{ kind: 'arn', arn: 'arn:aws:iam::111122223333:role/Broker' }],
      },
      action: { negated: false, patterns: ['kms:Decrypt'] },
      resource: { negated: false, patterns: ['*'] },
      conditions: [
        {
          operator: { name: 'StringEqualsIgnoreCase' },
          key: 'kms:RecipientAttestation:PCR0',
          values: ['ab'],
        },
      ],
    });
  });

  it("the service's default policy", () => {
    const policy = parseKeyPolicy(`{
      "Version" : "2012-10-17",
      "Id" : "key-default-1",
      "Statement" : [ {
        "Sid" : "Enable IAM User Permissions",
        "Effect" : "Allow",
        "Principal" : { "AWS" : "arn:aws:iam::111122223333:root" },
        "Action" : "kms:*",
        "Resource" : "*"
      } ]
    }`);
    expect(policy.id).toBe('key-default-1');
    expect(policy.statements).toHaveLength(1);
  });

  it.each([
    ['Version', { Version: undefined }],
    ['Version', { Version: '2008-10-17' }],
    ['Id', { Id: 'a' }],
  ])('%s as %o', (_name, more) => {
    expect(codeOf(() => parseKeyPolicy(policyOf(valid, more)))).toBe('accepted');
  });

  it.each([
    ['no Sid', without('Sid')],
    ['no Action', without('Action')],
    ['no Resource', without('Resource')],
    ['no Condition', without('Condition')],
    ['NotAction', { ...without('Action'), NotAction: ['kms:Decrypt', 'kms:*'] }],
    ['NotResource', { ...without('Resource'), NotResource: 'arn:aws:kms:*:*:key/*' }],
    ['NotPrincipal', { ...without('Principal'), NotPrincipal: { AWS: ['111122223333'] } }],
    ['everyone', { ...valid, Principal: '*' }],
    [
      'several kinds of principal',
      {
        ...valid,
        Principal: { AWS: '*', Service: ['ec2.amazonaws.com', 'logs.eu-west-1.amazonaws.com'] },
      },
    ],
    [
      'federated principals',
      {
        ...valid,
        Principal: {
          Federated: ['accounts.google.com', 'arn:aws:iam::111122223333:saml-provider/corp'],
        },
      },
    ],
    ['a key ARN', { ...valid, Resource: ['arn:aws:kms:us-east-1:111122223333:key/1'] }],
    ['unquoted values', { ...valid, Condition: { Bool: { 'kms:MultiRegion': [true] } } }],
    ['an empty list of values', { ...valid, Condition: { StringEquals: { 'kms:a': [] } } }],
    ['an empty Condition', { ...valid, Condition: {} }],
  ])('a statement with %s', (_what, statement) => {
    expect(codeOf(() => parseKeyPolicy(policyOf(statement)))).toBe('accepted');
  });

  it('numbers and booleans as their text', () => {
    const policy = parseKeyPolicy(
      policyOf({
        ...valid,
        Condition: { NumericLessThan: { 'kms:a': 7 }, Null: { 'kms:a': false } },
      }),
    );
    expect(policy.statements[0]?.conditions.map(({ values }) => values)).toEqual([
      ['7'],
      ['false'],
    ]);
  });

  it('exactly 32768 bytes', () => {
    const short = policyOf(valid, { Id: '' });
    const filled = policyOf(valid, { Id: 'x'.repeat(32_768 - short.length) });
    expect(codeOf(() => parseKeyPolicy(filled))).toBe('accepted');
    expect(codeOf(() => parseKeyPolicy(` ${filled}`))).toBe('KEY_POLICY_TOO_LARGE');
  });
});

const condition = (element: unknown) => policyOf({ ...valid, Condition: element });

const malformed: readonly [what: string, code: string, text: string][] = [
  [
    '32769 bytes in fewer characters',
    'KEY_POLICY_TOO_LARGE',
    policyOf(valid, { Id: 'é'.repeat(16_300) }),
  ],
  ['a character beyond Latin-1', 'KEY_POLICY_CHARACTER', policyOf({ ...valid, Sid: 'Ā' })],
  ['a control character', 'KEY_POLICY_CHARACTER', `${policyOf(valid)}\u0000`],
  ['a byte order mark', 'KEY_POLICY_CHARACTER', `\ufeff${policyOf(valid)}`],
  ['nine levels', 'KEY_POLICY_TOO_DEEP', '[[[[[[[[[]]]]]]]]]'],
  ['many levels', 'KEY_POLICY_TOO_DEEP', '['.repeat(32_768)],
  ['nothing', 'KEY_POLICY_JSON', ''],
  ['half a policy', 'KEY_POLICY_JSON', policyOf(valid).slice(0, -1)],
  ['a comment', 'KEY_POLICY_JSON', `${policyOf(valid)}//`],
  ['an open string of quotes', 'KEY_POLICY_JSON', `"${'\\"'.repeat(16_000)}`],
  [
    'Effect twice',
    'KEY_POLICY_DUPLICATE',
    policyOf(valid).replace('"Effect"', '"Effect":"Deny","Effect"'),
  ],
  [
    'an operator twice',
    'KEY_POLICY_DUPLICATE',
    policyOf(valid).replace(
      '"Condition":{',
      '"Condition":{"StringEqualsIgnoreCase":{"aws:a":"b"},',
    ),
  ],
  [
    'a member twice, once escaped',
    'KEY_POLICY_DUPLICATE',
    policyOf(valid).replace('"Sid"', '"S\\u0069d":"a:\\"","Sid"'),
  ],
  ['an array', 'KEY_POLICY_ELEMENT', '[]'],
  ['a string', 'KEY_POLICY_ELEMENT', '"*"'],
  ['null', 'KEY_POLICY_ELEMENT', 'null'],
  ['no Statement', 'KEY_POLICY_ELEMENT', '{}'],
  ['an empty Statement list', 'KEY_POLICY_ELEMENT', policyOf([])],
  ['a statement that is a string', 'KEY_POLICY_ELEMENT', policyOf(['Allow'])],
  ['a later version', 'KEY_POLICY_ELEMENT', policyOf(valid, { Version: '2026-01-01' })],
  ['a number for an Id', 'KEY_POLICY_ELEMENT', policyOf(valid, { Id: 1 })],
  ['an unknown element', 'KEY_POLICY_ELEMENT', policyOf(valid, { Statements: [] })],
  ['an element in lower case', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, effect: 'Deny' })],
  ['__proto__', 'KEY_POLICY_ELEMENT', policyOf(valid).replace('"Sid"', '"__proto__":{},"Sid"')],
  ['no Effect', 'KEY_POLICY_ELEMENT', policyOf(without('Effect'))],
  ['Effect in lower case', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, Effect: 'allow' })],
  ['a Sid that is a list', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, Sid: ['a'] })],
  ['no Principal', 'KEY_POLICY_PRINCIPAL', policyOf(without('Principal'))],
  ['two forms of Principal', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, NotPrincipal: '*' })],
  ['two forms of Action', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, NotAction: 'kms:*' })],
  ['two forms of Resource', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, NotResource: '*' })],
  ['an empty Principal', 'KEY_POLICY_PRINCIPAL', policyOf({ ...valid, Principal: {} })],
  ['a bare principal', 'KEY_POLICY_PRINCIPAL', policyOf({ ...valid, Principal: '111122223333' })],
  [
    'an unknown kind of principal',
    'KEY_POLICY_PRINCIPAL',
    policyOf({ ...valid, Principal: { aws: '*' } }),
  ],
  [
    'an empty list of principals',
    'KEY_POLICY_PRINCIPAL',
    policyOf({ ...valid, Principal: { AWS: [] } }),
  ],
  ['an empty list of actions', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, Action: [] })],
  ['an action that is null', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, Action: null })],
  ['a resource in an object', 'KEY_POLICY_ELEMENT', policyOf({ ...valid, Resource: { a: '*' } })],
  [
    'a wildcard in a principal',
    'KEY_POLICY_PRINCIPAL',
    policyOf({ ...valid, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }),
  ],
  ...[
    null,
    ['*'],
    [{ AWS: '*' }],
    { AWS: [['*']] },
    { AWS: 1 },
    { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
    { Service: '*' },
    { Service: 'ec2' },
    { Service: 'ec2.amazonaws.com.example.org' },
    { Federated: 'google' },
    { Federated: '*' },
    { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' },
  ].map((Principal): [string, string, string] => [
    `the principal ${JSON.stringify(Principal)}`,
    'KEY_POLICY_PRINCIPAL',
    policyOf({ ...valid, Principal }),
  ]),
  [
    'a principal that is none',
    'KEY_POLICY_PRINCIPAL',
    policyOf({ ...valid, Principal: { AWS: ['*', 'me'] } }),
  ],
  ['an action without a service', 'KEY_POLICY_ACTION', policyOf({ ...valid, Action: 'Decrypt' })],
  ['an empty action', 'KEY_POLICY_ACTION', policyOf({ ...valid, Action: ['kms:*', ''] })],
  ['a resource that is no ARN', 'KEY_POLICY_RESOURCE', policyOf({ ...valid, Resource: 'key/1' })],
  [
    'a variable in a resource',
    'KEY_POLICY_VARIABLE',
    policyOf({ ...valid, Resource: `arn:\${aws:username}` }),
  ],
  ['a Condition that is a list', 'KEY_POLICY_ELEMENT', condition([])],
  ['an operator with a value for keys', 'KEY_POLICY_ELEMENT', condition({ StringEquals: 'a' })],
  ['an operator with no keys', 'KEY_POLICY_ELEMENT', condition({ StringEquals: {} })],
  ['a value that is null', 'KEY_POLICY_ELEMENT', condition({ StringEquals: { 'kms:a': null } })],
  ['a value in an object', 'KEY_POLICY_ELEMENT', condition({ StringEquals: { 'kms:a': {} } })],
  ['a key without a service', 'KEY_POLICY_ELEMENT', condition({ StringEquals: { PCR0: 'a' } })],
  ['an unknown operator', 'KEY_POLICY_OPERATOR', condition({ StringEqual: { 'kms:a': 'a' } })],
  [
    'an operator named __proto__',
    'KEY_POLICY_OPERATOR',
    condition({}).replace('{}', '{"__proto__":{"kms:a":"a"}}'),
  ],
  ['a number that is none', 'KEY_POLICY_VALUE', condition({ NumericEquals: { 'kms:a': 'ten' } })],
  ['a date that is none', 'KEY_POLICY_VALUE', condition({ DateLessThan: { 'aws:a': 'soon' } })],
  ['a Bool that is none', 'KEY_POLICY_VALUE', condition({ Bool: { 'aws:a': 'yes' } })],
  ['a Null that is none', 'KEY_POLICY_VALUE', condition({ Null: { 'aws:a': '' } })],
  ['base64 that is none', 'KEY_POLICY_VALUE', condition({ BinaryEquals: { 'aws:a': 'AQ=' } })],
  ['a prefix too long', 'KEY_POLICY_VALUE', condition({ IpAddress: { 'aws:a': '10.0.0.0/33' } })],
  [
    'an address that is none',
    'KEY_POLICY_VALUE',
    condition({ NotIpAddress: { 'aws:a': '10.0.0' } }),
  ],
  ['two prefixes', 'KEY_POLICY_VALUE', condition({ IpAddress: { 'aws:a': '10.0.0.0/8/8' } })],
  ['a zone', 'KEY_POLICY_VALUE', condition({ IpAddress: { 'aws:a': 'fe80::1%eth0' } })],
  ['an ARN that is none', 'KEY_POLICY_VALUE', condition({ ArnLike: { 'aws:a': 'arn:aws:*' } })],
  ['one bad value of two', 'KEY_POLICY_VALUE', condition({ Bool: { 'aws:a': ['true', 'x'] } })],
  ['a variable', 'KEY_POLICY_VARIABLE', condition({ StringLike: { 'aws:a': `\${aws:username}` } })],
];

describe('parseKeyPolicy refuses', () => {
  it.each(malformed)('%s with %s', (_what, code, text) => {
    expect(codeOf(() => parseKeyPolicy(text))).toBe(code);
  });

  it('and says what is wrong and where', () => {
    const text = policyOf([valid, { ...valid, Condition: { StringEqual: {} } }]);
    expect(() => parseKeyPolicy(text)).toThrow(
      'Statement[1].Condition: unknown operator "StringEqual".',
    );
  });

  it.each([
    ['no Principal', without('Principal'), 'Policy contains a statement with no principal.'],
    [
      'an empty list of principals',
      { ...valid, Principal: { AWS: [] } },
      'Policy contains a statement with no principal.',
    ],
    [
      'a principal that is none',
      { ...valid, Principal: { AWS: 'me' } },
      'Policy contains a statement with one or more invalid principals.',
    ],
  ])('%s in the words of KMS, and says where beside them', (_what, statement, message) => {
    let refusal: unknown;
    try {
      parseKeyPolicy(policyOf([valid, statement]));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({
      message,
      details: { at: expect.stringMatching(/^Statement\[1\]/) },
    });
  });

  it('or accepts, but never throws another error, whatever one byte is changed', () => {
    const text = policyOf(valid);
    for (let at = 0; at < text.length; at++) {
      for (const character of ['"', ':', '{', '}', '[', ',', '\\', 'x', '\u0000']) {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        expect(codeOf(() => parseKeyPolicy(changed))).toMatch(/^(KEY_POLICY_[A-Z_]+|accepted)$/);
      }
    }
  });

  it('or accepts any JSON without another error', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(codeOf(() => parseKeyPolicy(text))).toMatch(/^KEY_POLICY_[A-Z_]+$/);
      }),
    );
  });

  it('or accepts a policy with any JSON in any place, without another error', () => {
    const places: readonly ((value: unknown) => unknown)[] = [
      (value) => ({ Statement: valid, Version: value }),
      (value) => ({ Statement: valid, Id: value }),
      (value) => ({ Statement: value }),
      (value) => ({ Statement: [valid, value] }),
      ...Object.keys(valid).map((name) => (value: unknown) => ({
        Statement: { ...valid, [name]: value },
      })),
      (value) => ({ Statement: { ...valid, Principal: { AWS: value } } }),
      (value) => ({ Statement: { ...valid, Principal: { Service: value } } }),
      (value) => ({ Statement: { ...valid, Condition: { StringLike: value } } }),
      (value) => ({ Statement: { ...valid, Condition: { IpAddress: { 'aws:a': value } } } }),
      (value) => ({ Statement: { ...valid, Condition: { DateEquals: { 'aws:a': [value] } } } }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const outcome = codeOf(() => parseKeyPolicy(JSON.stringify(place(value))));
        expect(outcome).toMatch(/^(KEY_POLICY_[A-Z_]+|accepted)$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('exactly the JSON objects that give a member twice', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', ':', '"', '{');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), (names) => {
        const members = names.map((member) => `${JSON.stringify(member)}:{"x":":"}`);
        const text = `{"Statement":{${members.join(',')}}}`;
        expect(codeOf(() => parseKeyPolicy(text)) === 'KEY_POLICY_DUPLICATE').toBe(
          new Set(names).size < names.length,
        );
      }),
    );
  });
});

describe('parseIdentityPolicy', () => {
  const identity = without('Principal');

  it('accepts a statement without principal', () => {
    expect(parseIdentityPolicy(policyOf(identity)).statements).toHaveLength(1);
  });

  it.each([
    ['a Principal', valid],
    ['no Action', { Effect: 'Allow', Resource: '*' }],
    ['no Resource', { Effect: 'Allow', Action: 'kms:*' }],
  ])('refuses %s', (_what, statement) => {
    expect(codeOf(() => parseIdentityPolicy(policyOf(statement)))).toBe('KEY_POLICY_ELEMENT');
  });
});
