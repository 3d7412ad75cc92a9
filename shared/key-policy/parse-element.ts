import { FormatError } from '../errors.ts';

/** The members of a JSON object. A Map, so that no name can reach a prototype. */
export type Members = ReadonlyMap<string, unknown>;

export function malformed(where: string, what: string): FormatError {
  return new FormatError('KEY_POLICY_ELEMENT', `${where}: ${what}.`);
}

/** @throws {FormatError} KEY_POLICY_ELEMENT if it is no object or has a member of another name. */
export function membersOf(where: string, value: unknown, allowed: readonly string[]): Members {
  const members = objectOf(where, value);
  for (const name of members.keys()) {
    if (!allowed.includes(name)) {
      throw malformed(where, `has an unknown element ${JSON.stringify(name.slice(0, 64))}`);
    }
  }
  return members;
}

/** @throws {FormatError} KEY_POLICY_ELEMENT */
export function objectOf(where: string, value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(where, 'must be an object');
  }
  return new Map(Object.entries(value));
}

/** @throws {FormatError} KEY_POLICY_ELEMENT */
export function optionalText(where: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw malformed(where, 'must be a string');
}

/**
 * One string or an array of at least one.
 *
 * @throws {FormatError} KEY_POLICY_ELEMENT
 */
export function textList(where: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformed(where, 'is empty');
  return list.map((item) => {
    if (typeof item !== 'string') throw malformed(where, 'must be a string or an array of strings');
    return item;
  });
}
