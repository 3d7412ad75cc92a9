import { describe, expect, it } from 'vitest';
import { compileValue, operatorHolds, parseOperator } from '../../../shared/key-policy/operator.ts';

function operatorOf(name: string) {
  const operator = parseOperator(name);
  if (operator === undefined) throw new Error(`${name} is no operator`);
  return operator;
}

function holds(name: string, expected: readonly string[], actual: readonly string[]): boolean {
  const operator = operatorOf(name);
  const tests = expected.map((value) => {
    const test = compileValue(operator, value);
    if (test === undefined) throw new Error(`${value} is no value for ${name}`);
    return test;
  });
  return operatorHolds(operator, tests, actual);
}

interface Row {
  readonly name: string;
  readonly expected: string;
  readonly matching: string;
  readonly other: string;
  /** Another value that a policy might list beside `expected`, matching neither. */
  readonly second: string;
}

const arn = (resource: string) => `arn:aws:kms:us-east-1:111122223333:${resource}`;

/** Each positive operator; the name of its negation is beside it. */
const rows: readonly (Row & { readonly negation?: string })[] = [
  {
    name: 'StringEquals',
    negation: 'StringNotEquals',
    expected: 'abc',
    matching: 'abc',
    other: 'ABC',
    second: 'a*',
  },
  {
    name: 'StringEqualsIgnoreCase',
    negation: 'StringNotEqualsIgnoreCase',
    expected: 'aBc',
    matching: 'AbC',
    other: 'abcd',
    second: 'a*',
  },
  {
    name: 'StringLike',
    negation: 'StringNotLike',
    expected: 'a?c*',
    matching: 'abcdef',
    other: 'Abcdef',
    second: 'x*',
  },
  {
    name: 'NumericEquals',
    negation: 'NumericNotEquals',
    expected: '10',
    matching: '10.0',
    other: '11',
    second: '12',
  },
  { name: 'NumericLessThan', expected: '10', matching: '9', other: '10', second: '5' },
  { name: 'NumericLessThanEquals', expected: '10', matching: '10', other: '11', second: '5' },
  { name: 'NumericGreaterThan', expected: '10', matching: '11', other: '10', second: '20' },
  {
    name: 'NumericGreaterThanEquals',
    expected: '-10',
    matching: '-10',
    other: '-11',
    second: '20',
  },
  {
    name: 'DateEquals',
    negation: 'DateNotEquals',
    expected: '2026-01-02T00:00:00Z',
    matching: '1767312000',
    other: '2026-01-02T00:00:01Z',
    second: '2026-01-03',
  },
  {
    name: 'DateLessThan',
    expected: '2026-01-02',
    matching: '2026-01-01T23:59:59Z',
    other: '2026-01-02T00:00:00Z',
    second: '2025-01-01',
  },
  {
    name: 'DateLessThanEquals',
    expected: '2026-01-02',
    matching: '2026-01-02T01:00:00+01:00',
    other: '2026-01-02T00:00:01Z',
    second: '2025-01-01',
  },
  {
    name: 'DateGreaterThan',
    expected: '2026-01-02',
    matching: '2026-01-02T00:00:01Z',
    other: '2026-01-02T00:00:00Z',
    second: '2027-01-01',
  },
  {
    name: 'DateGreaterThanEquals',
    expected: '2026-01-02',
    matching: '2026-01-02T00:00:00Z',
    other: '2026-01-01T23:59:59.999Z',
    second: '2027-01-01',
  },
  { name: 'Bool', expected: 'true', matching: 'True', other: 'false', second: 'true' },
  { name: 'BinaryEquals', expected: 'AQI=', matching: 'AQI=', other: 'AQM=', second: 'AQ==' },
  {
    name: 'IpAddress',
    negation: 'NotIpAddress',
    expected: '203.0.113.0/24',
    matching: '203.0.113.255',
    other: '203.0.114.0',
    second: '2001:db8::/32',
  },
  {
    name: 'ArnEquals',
    negation: 'ArnNotEquals',
    expected: arn('key/*'),
    matching: arn('key/a:b'),
    other: arn('alias/a'),
    second: arn('x'),
  },
  {
    name: 'ArnLike',
    negation: 'ArnNotLike',
    expected: 'arn:aws:kms:*:111122223333:key/?',
    matching: arn('key/a'),
    other: arn('key/ab'),
    second: arn('x'),
  },
];

describe.each(rows)('$name', ({ name, expected, matching, other, second }) => {
  it.each([
    ['a value that matches', [expected], [matching], true],
    ['a value that does not match', [expected], [other], false],
    ['one of several expected values', [second, expected], [matching], true],
    ['none of several expected values', [second, expected], [other], false],
    ['a missing key', [expected], [], false],
    ['an empty list of expected values', [], [matching], false],
  ])('judges %s', (_what, policy, request, outcome) => {
    expect(holds(name, policy, request)).toBe(outcome);
  });

  it('with IfExists, holds for a missing key and judges a present one', () => {
    expect(holds(`${name}IfExists`, [expected], [])).toBe(true);
    expect(holds(`${name}IfExists`, [expected], [matching])).toBe(true);
    expect(holds(`${name}IfExists`, [expected], [other])).toBe(false);
  });

  it.each([
    ['ForAnyValue', [matching, other], true],
    ['ForAnyValue', [other, other], false],
    ['ForAnyValue', [], false],
    ['ForAllValues', [matching, matching], true],
    ['ForAllValues', [matching, other], false],
    ['ForAllValues', [], true],
  ])('behind %s judges the values %j', (quantifier, actual, outcome) => {
    expect(holds(`${quantifier}:${name}`, [expected], actual)).toBe(outcome);
  });

  it('behind ForAnyValue with IfExists holds for a missing key', () => {
    expect(holds(`ForAnyValue:${name}IfExists`, [expected], [])).toBe(true);
  });
});

const negations = rows.flatMap(({ negation, ...row }) =>
  negation === undefined ? [] : [{ ...row, name: negation }],
);

describe.each(negations)('$name', ({ name, expected, matching, other, second }) => {
  it.each([
    ['a value that matches', [expected], [matching], false],
    ['a value that does not match', [expected], [other], true],
    ['one of several expected values', [second, expected], [matching], false],
    ['none of several expected values', [second, expected], [other], true],
    ['a missing key', [expected], [], true],
    ['several values of which one matches', [expected], [other, matching], false],
  ])('judges %s', (_what, policy, request, outcome) => {
    expect(holds(name, policy, request)).toBe(outcome);
  });

  it('with IfExists, still holds for a missing key', () => {
    expect(holds(`${name}IfExists`, [expected], [])).toBe(true);
    expect(holds(`${name}IfExists`, [expected], [matching])).toBe(false);
  });

  it.each([
    ['ForAnyValue', [matching, other], true],
    ['ForAnyValue', [matching, matching], false],
    ['ForAnyValue', [], false],
    ['ForAllValues', [other, other], true],
    ['ForAllValues', [other, matching], false],
    ['ForAllValues', [], true],
  ])('behind %s judges the values %j', (quantifier, actual, outcome) => {
    expect(holds(`${quantifier}:${name}`, [expected], actual)).toBe(outcome);
  });
});

describe('Null', () => {
  it.each([
    ['true', [], true],
    ['true', ['x'], false],
    ['false', [], false],
    ['false', ['x'], true],
    ['TRUE', [], true],
  ])('%j against %j is %j', (expected, actual, outcome) => {
    expect(holds('Null', [expected], actual)).toBe(outcome);
  });
});

describe('IpAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:DB8:0::1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['203.0.113.0/24', 'localhost', false],
    ['203.0.113.0/24', '203.0.113.0/25', false],
    ['203.0.113.0/24', '', false],
  ])('%s against %j is %j', (expected, actual, outcome) => {
    expect(holds('IpAddress', [expected], [actual])).toBe(outcome);
  });
});

describe('Arn', () => {
  it.each([
    ['arn:aws:kms:*:111122223333:key/1', false],
    ['arn:aws:kms:*:*:*', true],
    ['arn:*:*:*:*:*', true],
  ])('%s, component by component, against an ARN of more colons', (expected, outcome) => {
    const actual = 'arn:aws:kms:us-east-1:999999999999:111122223333:key/1';
    expect(holds('ArnLike', [expected], [actual])).toBe(outcome);
  });

  it('matches no text that is no ARN', () => {
    expect(holds('ArnLike', ['arn:*:*:*:*:*'], ['arn:aws:kms'])).toBe(false);
    expect(holds('ArnNotLike', ['arn:*:*:*:*:*'], ['arn:aws:kms'])).toBe(true);
  });
});

describe('a number or a date that is none', () => {
  it.each(['', 'ten', '1e3', '0x10', 'NaN', 'Infinity', ' 1', '1234567890123456'])(
    'matches no NumericEquals as %j, in a request or in a policy',
    (value) => {
      expect(compileValue(operatorOf('NumericEquals'), value)).toBeUndefined();
      expect(holds('NumericEquals', ['1', '10', '16', '1000'], [value])).toBe(false);
      expect(holds('NumericNotEquals', ['1'], [value])).toBe(true);
    },
  );

  it.each(['', 'today', '2026-02-30', '2026-13-01', '2026-01-01T00:00:00', '2026-01-01 00:00Z'])(
    'matches no Date operator as %j, in a request or in a policy',
    (value) => {
      expect(compileValue(operatorOf('DateEquals'), value)).toBeUndefined();
      expect(holds('DateGreaterThan', ['1970-01-01'], [value])).toBe(false);
      expect(holds('DateLessThan', ['2100-01-01'], [value])).toBe(false);
    },
  );
});

describe('parseOperator', () => {
  it.each([
    'StringEqual',
    'stringEquals',
    'NullIfExists',
    'ForAnyValue:Null',
    'ForSomeValues:StringEquals',
    'ForAnyValue:ForAllValues:StringEquals',
    'StringEqualsIfExistsIfExists',
    'BinaryNotEquals',
    'BoolNot',
    'IfExists',
    '__proto__',
    'constructor',
    '',
  ])('knows no operator %j', (name) => {
    expect(parseOperator(name)).toBeUndefined();
  });
});
