import { FormatError } from '../errors.ts';
import type { ValueTest } from './comparisons.ts';
import { canonicalKey } from './context.ts';
import { type ConditionOperator, compileValue, parseOperator } from './operator.ts';
import { malformed, objectOf } from './parse-element.ts';
import type { Condition } from './policy.ts';

/**
 * Reads a `Condition` element: operator, then key, then one value or an array of values.
 *
 * @throws {FormatError} KEY_POLICY_ELEMENT, KEY_POLICY_OPERATOR, KEY_POLICY_VALUE,
 *   KEY_POLICY_VARIABLE
 */
export function parseConditions(where: string, element: unknown): readonly Condition[] {
  if (element === undefined) return [];
  return [...objectOf(where, element)].flatMap(([name, keys]) => {
    const operator = parseOperator(name);
    if (operator === undefined) {
      const shown = JSON.stringify(name.slice(0, 64));
      throw new FormatError('KEY_POLICY_OPERATOR', `${where}: unknown operator ${shown}.`);
    }
    const at = `${where}.${name}`;
    const values = objectOf(at, keys);
    if (values.size === 0) throw malformed(at, 'names no condition key');
    return [...values].map(([key, value]) => parseCondition(at, operator, key, value));
  });
}

function parseCondition(
  where: string,
  operator: ConditionOperator,
  key: string,
  value: unknown,
): Condition {
  if (!/^[A-Za-z0-9-]+:./.test(key)) throw malformed(where, 'a condition key is service:name');
  const values = parseValues(where, value);
  return {
    operator,
    key,
    canonicalKey: canonicalKey(key),
    values,
    tests: values.map((text) => parseTest(where, operator, text)),
  };
}

function parseTest(where: string, operator: ConditionOperator, text: string): ValueTest {
  if (text.includes('${')) {
    throw new FormatError('KEY_POLICY_VARIABLE', `${where}: policy variables are not supported.`);
  }
  const test = compileValue(operator, text);
  if (test === undefined) {
    const shown = JSON.stringify(text.slice(0, 64));
    throw new FormatError('KEY_POLICY_VALUE', `${where}: ${shown} is no value for it.`);
  }
  return test;
}

/** AWS writes booleans and numbers with or without quotes. An empty array matches no value. */
function parseValues(where: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || Number.isFinite(item)) return String(item);
    throw malformed(where, 'a value must be a string, a number or a boolean');
  });
}
