import { type Comparison, comparisons, type ValueTest } from './comparisons.ts';

/** A condition operator, its prefix and suffix taken apart. */
export type ConditionOperator =
  | {
      readonly kind: 'compare';
      /** As written in the policy. */
      readonly name: string;
      readonly comparison: Comparison;
      readonly negated: boolean;
      readonly ifExists: boolean;
      /** For keys with several values in a request. */
      readonly quantifier: 'any' | 'all' | undefined;
    }
  | { readonly kind: 'null'; readonly name: string };

type Entry = readonly [comparison: keyof typeof comparisons, negated: boolean];

/** Every operator of IAM by name, but `Null`. */
const operators = new Map<string, Entry>([
  ...(Object.keys(comparisons) as (keyof typeof comparisons)[]).map(
    (name) => [name, [name, false]] as const,
  ),
  ['StringNotEquals', ['StringEquals', true]],
  ['StringNotEqualsIgnoreCase', ['StringEqualsIgnoreCase', true]],
  ['StringNotLike', ['StringLike', true]],
  ['NumericNotEquals', ['NumericEquals', true]],
  ['DateNotEquals', ['DateEquals', true]],
  ['NotIpAddress', ['IpAddress', true]],
  // "The ArnEquals and ArnLike condition operators behave identically" (IAM User Guide).
  ['ArnEquals', ['ArnLike', false]],
  ['ArnNotEquals', ['ArnLike', true]],
  ['ArnNotLike', ['ArnLike', true]],
]);

const quantifiers = { 'ForAnyValue:': 'any', 'ForAllValues:': 'all' } as const;

/** @returns undefined for a name that is no operator. */
export function parseOperator(name: string): ConditionOperator | undefined {
  if (name === 'Null') return { kind: 'null', name };
  const form = /^(ForAnyValue:|ForAllValues:)?([A-Za-z]+?)(IfExists)?$/.exec(name);
  const entry = operators.get(form?.[2] ?? '');
  if (form === null || entry === undefined) return undefined;
  const prefix = form[1] as keyof typeof quantifiers | undefined;
  return {
    kind: 'compare',
    name,
    comparison: comparisons[entry[0]],
    negated: entry[1],
    ifExists: form[3] !== undefined,
    quantifier: prefix === undefined ? undefined : quantifiers[prefix],
  };
}

/** @returns undefined for a value that no policy may hold behind this operator. */
export function compileValue(operator: ConditionOperator, value: string): ValueTest | undefined {
  return operator.kind === 'null' ? comparisons.Bool(value) : operator.comparison(value);
}

/**
 * Whether a condition holds.
 *
 * A key without values is a key that is missing. Without a quantifier, a negated operator is the
 * exact negation of its positive one, which answers a missing key with true; behind a quantifier,
 * each value of the request is judged by itself.
 *
 * @param expected - the values of the policy, compiled
 * @param actual - the values that the request has for the key; none if the key is missing.
 */
export function operatorHolds(
  operator: ConditionOperator,
  expected: readonly ValueTest[],
  actual: readonly string[],
): boolean {
  const missing = actual.length === 0;
  if (operator.kind === 'null') return expected.some((matches) => matches(String(missing)));
  if (missing && operator.ifExists) return true;
  const { negated } = operator;
  const matchesOne = (value: string): boolean => expected.some((matches) => matches(value));
  switch (operator.quantifier) {
    case 'any':
      return actual.some((value) => matchesOne(value) !== negated);
    case 'all':
      return actual.every((value) => matchesOne(value) !== negated);
    case undefined:
      return actual.some(matchesOne) !== negated;
  }
}
