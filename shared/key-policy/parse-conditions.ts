import { FormatError } from '../errors.ts';
import { acceptsValue, parseOperator } from './operator.ts';
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
    return [...objectOf(at, keys)].map(([key, value]) => {
      const values = parseValues(at, value);
      for (const text of values) {
        if (text.includes('${')) {
          throw new FormatError(
            'KEY_POLICY_VARIABLE',
            `${at}: policy variables are not supported.`,
          );
        }
        if (!acceptsValue(operator, text)) {
          const shown = JSON.stringify(text.slice(0, 64));
          throw new FormatError('KEY_POLICY_VALUE', `${at}: ${shown} is no value for it.`);
        }
      }
      return { operator, key, values };
    });
  });
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
