import { describe, expect, it } from 'vitest';
import {
  checkConstraintSuits,
  constraintConditions,
  parseGrantConstraint,
  policyConstraints,
} from '../../../local-kms/grants/constraint.ts';

type Given = Parameters<typeof parseGrantConstraint>[0];

function given(members: Partial<NonNullable<Given>>): Given {
  return {
    EncryptionContextEquals: undefined,
    EncryptionContextSubset: undefined,
    SourceArn: undefined,
    ...members,
  };
}

function pairs(count: number, length = 1): ReadonlyMap<string, string> {
  return new Map(Array.from({ length: count }, (_, i) => [String(i), 'v'.repeat(length)]));
}

describe('the constraint of a request', () => {
  it.each([
    ['no Constraints', undefined],
    ['empty Constraints', given({})],
    ['an empty map', given({ EncryptionContextEquals: new Map() })],
  ])('is none for %s', (_name, constraints) => {
    expect(parseGrantConstraint(constraints)).toBeUndefined();
  });

  it.each(['EncryptionContextEquals', 'EncryptionContextSubset'] as const)('is %s', (type) => {
    const constraint = parseGrantConstraint(given({ [type]: new Map([['a', 'b']]) }));
    expect(constraint).toEqual({ type, pairs: [['a', 'b']] });
  });

  it.each([
    ['both', pairs(1), pairs(1)],
    ['an empty one besides', pairs(0), pairs(1)],
    ['two that are empty', pairs(0), pairs(0)],
  ])('is refused with %s, in the words of KMS', (_name, equals, subset) => {
    const constraints = given({ EncryptionContextEquals: equals, EncryptionContextSubset: subset });
    expect(() => parseGrantConstraint(constraints)).toThrow(
      expect.objectContaining({
        type: 'ValidationException',
        wireMessage: 'More than one constraint supplied',
      }),
    );
  });

  it.each([
    ['8 pairs', pairs(8)],
    ['384 characters', new Map([['k', 'v'.repeat(383)]])],
  ])('may have %s', (_name, map) => {
    expect(parseGrantConstraint(given({ EncryptionContextEquals: map }))?.pairs).toEqual([...map]);
  });

  it.each([
    ['9 pairs', given({ EncryptionContextSubset: pairs(9) })],
    ['385 characters in one pair', given({ EncryptionContextEquals: pairs(1, 384) })],
    ['385 characters in all', given({ EncryptionContextEquals: pairs(5, 76) })],
  ])('is refused with %s', (_name, constraints) => {
    expect(() => parseGrantConstraint(constraints)).toThrow(
      expect.objectContaining({ type: 'ValidationException' }),
    );
  });

  it('is refused with a SourceArn, which nothing here could meet', () => {
    expect(() => parseGrantConstraint(given({ SourceArn: 'arn:aws:s3:::bucket' }))).toThrow(
      expect.objectContaining({ type: 'UnsupportedOperationException' }),
    );
  });

  it.each([
    ['SYMMETRIC_DEFAULT', true],
    ['RSA_2048', false],
    ['HMAC_256', false],
    ['ECC_NIST_P256', false],
  ] as const)('on a %s key: %s', (keySpec, suits) => {
    const constraint = { type: 'EncryptionContextEquals', pairs: [['a', 'b']] } as const;
    const check = () => checkConstraintSuits(constraint, { keySpec });
    if (suits) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ type: 'ValidationException' }));
    expect(() => checkConstraintSuits(undefined, { keySpec })).not.toThrow();
  });
});

describe('a constraint', () => {
  const equals = {
    type: 'EncryptionContextEquals',
    pairs: [
      ['a', '1'],
      ['b', '2'],
    ],
  } as const;
  const subset = { ...equals, type: 'EncryptionContextSubset' } as const;

  it('gives condition keys: its kind, and its pairs as an encryption context', () => {
    expect([...constraintConditions(equals)]).toEqual([
      ['kms:GrantConstraintType', ['EncryptionContextEquals']],
      ['kms:EncryptionContextKeys', ['a', 'b']],
      ['kms:EncryptionContext:a', ['1']],
      ['kms:EncryptionContext:b', ['2']],
    ]);
    expect(constraintConditions(undefined).size).toBe(0);
  });

  it('is evaluated as what it is', () => {
    const map = new Map([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(policyConstraints(equals)).toEqual({ encryptionContextEquals: map });
    expect(policyConstraints(subset)).toEqual({ encryptionContextSubset: map });
  });
});
