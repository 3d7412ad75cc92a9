import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encryptionContextEntries,
  evaluateGrant,
  type GrantConstraints,
  type PolicyRequest,
} from '../../../shared/key-policy/index.ts';

const A = '111122223333';

type Pairs = Readonly<Record<string, string>>;

const pairs = (record: Pairs): ReadonlyMap<string, string> => new Map(Object.entries(record));
const equal = (record: Pairs): GrantConstraints => ({ encryptionContextEquals: pairs(record) });
const subset = (record: Pairs): GrantConstraints => ({ encryptionContextSubset: pairs(record) });

interface Asked {
  readonly operation?: string;
  readonly context?: Pairs;
  readonly newGrant?: PolicyRequest['newGrant'];
  readonly operations?: readonly string[];
  readonly constraints?: GrantConstraints;
  readonly grantee?: string;
}

function evaluate(asked: Asked) {
  return evaluateGrant({
    grant: {
      grantId: 'g',
      granteePrincipal: asked.grantee ?? `arn:aws:iam::${A}:role/Broker`,
      operations: asked.operations ?? ['Decrypt', 'GenerateMac', 'DescribeKey', 'RetireGrant'],
      ...(asked.constraints === undefined ? {} : { constraints: asked.constraints }),
    },
    request: {
      principal: { arn: `arn:aws:sts::${A}:assumed-role/Broker/i-1`, accountId: A },
      action: `kms:${asked.operation ?? 'Decrypt'}`,
      resource: `arn:aws:kms:us-east-1:${A}:key/1`,
      context: encryptionContextEntries(pairs(asked.context ?? {})),
      ...(asked.newGrant === undefined ? {} : { newGrant: asked.newGrant }),
    },
  });
}

describe('a grant', () => {
  it.each<[what: string, asked: Asked, mismatch: string | undefined]>([
    ['of the operation', {}, undefined],
    ['to another', { grantee: `arn:aws:iam::${A}:role/Other` }, 'grantee'],
    ['to the account', { grantee: `arn:aws:iam::${A}:root` }, 'grantee'],
    ['of other operations', { operation: 'Encrypt' }, 'operation'],
    ['of an operation in other letters', { operation: 'decrypt' }, 'operation'],
    [
      'of ReEncryptFrom, asked for ReEncryptTo',
      {
        operations: ['ReEncryptFrom'],
        operation: 'ReEncryptTo',
      },
      'operation',
    ],
    [
      'of every part of ReEncrypt',
      {
        operations: ['ReEncryptFrom', 'ReEncryptTo'],
        operation: 'ReEncryptTo',
      },
      undefined,
    ],
    ['of nothing', { operations: [] }, 'operation'],
    ['with no constraint on a context', { context: { a: '1' } }, undefined],
    ['with an empty set of constraints', { constraints: {} }, undefined],
  ])('%s', (_what, asked, mismatch) => {
    expect(evaluate(asked)).toMatchObject({ matched: mismatch === undefined, mismatch });
  });

  it('fits no action of another service', () => {
    const grant = { grantId: 'g', granteePrincipal: 'a', operations: ['Decrypt', ''] };
    const request = {
      principal: { arn: 'a', accountId: A },
      action: 'xxx:Decrypt',
      resource: '*',
      context: new Map(),
    };
    expect(evaluateGrant({ grant, request }).mismatch).toBe('operation');
  });
});

describe('EncryptionContextEquals', () => {
  const constraints = equal({ Tenant: 'a', Stage: 'b' });
  it.each<[context: Pairs, holds: boolean]>([
    [{ Tenant: 'a', Stage: 'b' }, true],
    [{ Stage: 'b', Tenant: 'a' }, true],
    [{ Tenant: 'a' }, false],
    [{ Tenant: 'a', Stage: 'b', More: 'c' }, false],
    [{ Tenant: 'A', Stage: 'b' }, false],
    [{ tenant: 'a', Stage: 'b' }, false],
    [{ Tenant: 'a', Stage: 'b ' }, false],
    [{ Tenant: 'b', Stage: 'a' }, false],
    [{}, false],
  ])('against %j: %s', (context, holds) => {
    expect(evaluate({ constraints, context })).toEqual({
      grantId: 'g',
      matched: holds,
      mismatch: holds ? undefined : 'constraint',
      constraints: [
        {
          name: 'EncryptionContextEquals',
          expected: { Tenant: 'a', Stage: 'b' },
          actual: context,
          holds,
        },
      ],
    });
  });
});

describe('EncryptionContextSubset', () => {
  const constraints = subset({ Tenant: 'a' });
  it.each<[context: Pairs, holds: boolean]>([
    [{ Tenant: 'a' }, true],
    [{ Tenant: 'a', More: 'c' }, true],
    [{ Tenant: 'a', tenant: 'b' }, true],
    [{ tenant: 'a' }, false],
    [{ Tenant: 'A' }, false],
    [{ More: 'c' }, false],
    [{}, false],
  ])('against %j: %s', (context, holds) => {
    expect(evaluate({ constraints, context })).toMatchObject({
      matched: holds,
      constraints: [{ name: 'EncryptionContextSubset', expected: { Tenant: 'a' }, holds }],
    });
  });

  it('besides EncryptionContextEquals must hold as well', () => {
    const both = { ...equal({ a: '1' }), ...subset({ b: '2' }) };
    expect(evaluate({ constraints: both, context: { a: '1' } })).toMatchObject({
      mismatch: 'constraint',
      constraints: [{ holds: true }, { holds: false }],
    });
  });
});

describe('a grant with a constraint', () => {
  const constraints = subset({ a: '1' });

  it.each(['DescribeKey', 'RetireGrant'])('allows %s whatever it is', (operation) => {
    expect(evaluate({ constraints, operation })).toMatchObject({ matched: true, constraints: [] });
  });

  it.each([
    'Encrypt',
    'Decrypt',
    'ReEncryptFrom',
    'ReEncryptTo',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
  ])('allows %s with that context and not without', (operation) => {
    const asked = { constraints, operation, operations: [operation] };
    expect(evaluate({ ...asked, context: { a: '1' } }).matched).toBe(true);
    expect(evaluate(asked).matched).toBe(false);
  });

  it.each(['Sign', 'Verify', 'GetPublicKey', 'GenerateMac', 'VerifyMac', 'DeriveSharedSecret'])(
    'never allows %s, not even where the request seems to have that context',
    (operation) => {
      const asked = { constraints, operation, operations: [operation], context: { a: '1' } };
      expect(evaluate(asked)).toMatchObject({
        mismatch: 'constraint',
        constraints: [{ actual: 'missing', holds: false }],
      });
    },
  );
});

describe('a grant of CreateGrant', () => {
  const operations = ['CreateGrant', 'Decrypt', 'Encrypt'];
  const create = (
    parent: GrantConstraints | undefined,
    child: GrantConstraints | undefined,
    childOperations: readonly string[] = ['Decrypt'],
  ) =>
    evaluate({
      operation: 'CreateGrant',
      operations,
      ...(parent === undefined ? {} : { constraints: parent }),
      newGrant: {
        operations: childOperations,
        ...(child === undefined ? {} : { constraints: child }),
      },
    }).mismatch;

  it.each([
    [['Decrypt'], undefined],
    [['Decrypt', 'CreateGrant'], undefined],
    [['Decrypt', 'Sign'], 'operation'],
    [['RetireGrant'], 'operation'],
  ])('hands on %j: %s', (childOperations, mismatch) => {
    expect(create(undefined, undefined, childOperations)).toBe(mismatch);
  });

  it.each<[parent: GrantConstraints, child: GrantConstraints | undefined, allowed: boolean]>([
    [subset({ a: '1' }), undefined, false],
    [subset({ a: '1' }), {}, false],
    [subset({ a: '1' }), subset({ a: '1' }), true],
    [subset({ a: '1' }), subset({ a: '1', b: '2' }), true],
    [subset({ a: '1' }), subset({ b: '2' }), false],
    [subset({ a: '1', b: '2' }), subset({ a: '1' }), false],
    [subset({ a: '1' }), equal({ a: '1' }), true],
    [subset({ a: '1' }), equal({ a: '1', b: '2' }), true],
    [subset({ a: '1' }), equal({}), false],
    [subset({ a: '1' }), { ...equal({ b: '2' }), ...subset({ a: '1' }) }, true],
    [equal({ a: '1' }), undefined, false],
    [equal({ a: '1' }), equal({ a: '1' }), true],
    [equal({ a: '1' }), equal({ a: '1', b: '2' }), false],
    [equal({ a: '1' }), subset({ a: '1' }), false],
  ])('with %o allows one with %o: %s', (parent, child, allowed) => {
    expect(create(parent, child)).toBe(allowed ? undefined : 'constraint');
  });

  it('allows nothing where the new grant is not known', () => {
    expect(evaluate({ operation: 'CreateGrant', operations }).mismatch).toBe('operation');
  });

  it('never lets a chain of grants allow what its first grant does not', () => {
    const record = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
    const constraint = fc.record(
      { encryptionContextEquals: record.map(pairs), encryptionContextSubset: record.map(pairs) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(constraint, constraint, record, (parent, child, context) => {
        fc.pre(create(parent, child) === undefined);
        fc.pre(evaluate({ constraints: child, context }).matched);
        expect(evaluate({ constraints: parent, context }).matched).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
