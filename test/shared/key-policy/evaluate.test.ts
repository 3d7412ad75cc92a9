import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encryptionContextEntries,
  evaluateKeyPolicy,
  type PolicyRequest,
  parseKeyPolicy,
  type RequestContext,
} from '../../../shared/key-policy/index.ts';

const A = '111122223333';
const keyArn = `arn:aws:kms:us-east-1:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const role = `arn:aws:iam::${A}:role/Broker`;
const none: RequestContext = new Map();

function requestWith(context: RequestContext, more: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    principal: { arn: `arn:aws:sts::${A}:assumed-role/Broker/i-1`, accountId: A },
    action: 'kms:Decrypt',
    resource: keyArn,
    context,
    ...more,
  };
}

function decide(statements: readonly object[], request: PolicyRequest) {
  const policy = parseKeyPolicy(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: statements.map((statement) => ({
        Effect: 'Allow',
        Principal: { AWS: role },
        Action: 'kms:*',
        Resource: '*',
        ...statement,
      })),
    }),
  );
  return evaluateKeyPolicy({ policy, request });
}

describe('a statement without conditions', () => {
  it.each([
    ['all that it names fits', {}, undefined],
    ['another principal', { Principal: { AWS: `arn:aws:iam::${A}:role/Other` } }, 'principal'],
    ['another action', { Action: 'kms:Encrypt' }, 'action'],
    ['an action of another service', { Action: 's3:*' }, 'action'],
    ['the action in another case', { Action: 'KMS:decrypt' }, undefined],
    ['one of several actions', { Action: ['kms:Encrypt', 'kms:De*'] }, undefined],
    ['every action of every service', { Action: '*' }, undefined],
    ['no Action', { Action: undefined }, 'action'],
    ['NotAction of it', { Action: undefined, NotAction: 'kms:D*' }, 'action'],
    ['NotAction of others', { Action: undefined, NotAction: ['kms:E*', 'kms:S*'] }, undefined],
    ['the key itself', { Resource: keyArn }, undefined],
    ['another key', { Resource: `${keyArn}0` }, 'resource'],
    ['an ARN cut short before the key', { Resource: 'arn:aws:kms' }, undefined],
    ['an ARN cut short after another region', { Resource: 'arn:aws:kms:eu-west-1' }, 'resource'],
    ['an ARN whose wildcard runs over colons', { Resource: 'arn:aws:kms:*:key/1234*' }, undefined],
    ['no Resource', { Resource: undefined }, 'resource'],
    ['NotResource of everything', { Resource: undefined, NotResource: '*' }, 'resource'],
    ['NotResource of others', { Resource: undefined, NotResource: `${keyArn}?` }, undefined],
  ])('%s', (_what, statement, mismatch) => {
    const decision = decide([statement], requestWith(none));
    expect(decision.statements).toMatchObject([{ matched: mismatch === undefined, mismatch }]);
    expect(decision.effect).toBe(mismatch === undefined ? 'allow' : 'implicit-deny');
  });
});

describe('a decision', () => {
  it('is denied where nothing matches', () => {
    expect(decide([{ Action: 'kms:Sign' }], requestWith(none))).toMatchObject({
      effect: 'implicit-deny',
      decidedBy: undefined,
      delegatesToIam: false,
    });
  });

  it('is denied by a Deny that matches, wherever it stands', () => {
    const deny = { Sid: 'no', Effect: 'Deny' };
    for (const statements of [
      [deny, {}],
      [{}, deny],
    ]) {
      expect(decide(statements, requestWith(none))).toMatchObject({
        effect: 'explicit-deny',
        decidedBy: { sid: 'no', effect: 'Deny', index: statements.indexOf(deny) },
      });
    }
  });

  it('is left to IAM by a statement for the account', () => {
    const statement = { Principal: { AWS: `arn:aws:iam::${A}:root` } };
    expect(decide([statement], requestWith(none))).toMatchObject({
      effect: 'implicit-deny',
      delegatesToIam: true,
      decidedBy: undefined,
      statements: [{ matched: true, delegates: true }],
    });
    const root = { arn: `arn:aws:iam::${A}:root`, accountId: A };
    expect(decide([statement], requestWith(none, { principal: root }))).toMatchObject({
      effect: 'allow',
      delegatesToIam: false,
    });
    expect(decide([{ ...statement, Effect: 'Deny' }], requestWith(none)).effect).toBe(
      'explicit-deny',
    );
  });

  it('gives for each condition what was expected and what came', () => {
    const conditions = {
      StringEquals: { 'kms:A': ['x', 'y'], 'kms:b': 'z' },
      Null: { 'KMS:B': 'false' },
    };
    const context = new Map([['kms:a', ['y']]]);
    expect(decide([{ Condition: conditions }], requestWith(context)).statements).toMatchObject([
      {
        matched: false,
        mismatch: 'condition',
        conditions: [
          {
            operator: 'StringEquals',
            key: 'kms:A',
            expected: ['x', 'y'],
            actual: ['y'],
            holds: true,
          },
          {
            operator: 'StringEquals',
            key: 'kms:b',
            expected: ['z'],
            actual: 'missing',
            holds: false,
          },
          { operator: 'Null', key: 'KMS:B', expected: ['false'], actual: 'missing', holds: false },
        ],
      },
    ]);
  });
});

describe('an encryption context', () => {
  const allowed = (condition: object, context: Readonly<Record<string, string>>) =>
    decide(
      [{ Condition: condition }],
      requestWith(encryptionContextEntries(new Map(Object.entries(context)))),
    ).effect === 'allow';

  it.each([
    [{ StringEquals: { 'kms:EncryptionContext:Tenant': 'a' } }, { Tenant: 'a' }, true],
    [{ StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }, { Tenant: 'a' }, false],
    [{ StringEquals: { 'KMS:ENCRYPTIONCONTEXT:Tenant': 'a' } }, { Tenant: 'a' }, true],
    [{ StringEquals: { 'kms:EncryptionContext:Tenant': 'a' } }, { Tenant: 'A' }, false],
    [
      { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } },
      { a: '1' },
      true,
    ],
    [
      { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'a' } },
      { a: '1', b: '' },
      false,
    ],
    [{ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'a' } }, { a: '1', b: '' }, true],
    [{ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'a' } }, {}, false],
    [{ Null: { 'kms:EncryptionContextKeys': 'true' } }, {}, true],
  ])('condition %j, context %j: %s', (condition, context, outcome) => {
    expect(allowed(condition, context)).toBe(outcome);
  });
});

describe('for any policy and request', () => {
  const condition = fc.constantFrom<object>(
    {},
    { StringEquals: { 'kms:a': 'x' } },
    { StringNotEquals: { 'kms:a': 'x' } },
    { 'ForAllValues:StringLike': { 'kms:a': ['x*', '?'] } },
    { Null: { 'kms:a': 'true' } },
  );
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.constantFrom<unknown>('*', { AWS: A }, { AWS: role }, { AWS: '444455556666' }),
    Action: fc.constantFrom('kms:*', 'kms:Decrypt', 'kms:Encrypt'),
    Resource: fc.constantFrom('*', keyArn, 'arn:aws:kms:*'),
    Condition: condition,
  });
  const context = fc
    .array(fc.constantFrom('x', 'y', 'xx'), { maxLength: 2 })
    .map((values) => new Map([['kms:a', values]]));

  it('nothing is allowed that a Deny matches, and nothing without an Allow that matches', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), context, (list, values) => {
        const { effect, statements } = decide(list, requestWith(values));
        const matched = (kind: 'Allow' | 'Deny') =>
          statements.some((s) => s.effect === kind && s.matched && !s.delegates);
        const expected = matched('Deny')
          ? 'explicit-deny'
          : matched('Allow')
            ? 'allow'
            : 'implicit-deny';
        expect(effect).toBe(expected);
      }),
    );
  });

  it('one more Deny never allows more', () => {
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        statement,
        context,
        (list, one, values) => {
          const more = decide([...list, { ...one, Effect: 'Deny' }], requestWith(values));
          if (more.effect === 'allow') {
            expect(decide(list, requestWith(values)).effect).toBe('allow');
          }
        },
      ),
    );
  });
});
