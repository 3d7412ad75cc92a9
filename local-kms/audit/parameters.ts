import type { AnswerValue } from '../operations/operation.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };
type Parameters = { readonly [name: string]: Json };

/**
 * Tokens let who holds them do something; of a recipient, the event has a field of its own. Whatever
 * else is secret or large is a blob.
 */
const LEFT_OUT = new Set(['GrantTokens', 'GrantToken', 'ImportToken', 'Recipient']);

/**
 * The members of a request or an answer as CloudTrail shows them: names in lower camel case, no
 * blob of any kind, so neither plaintext nor ciphertext nor key material; encryption contexts in
 * the clear.
 */
export function describeParameters(members: Readonly<Record<string, unknown>>): Parameters {
  const shown: [string, Json][] = [];
  for (const [name, value] of Object.entries(members)) {
    const described = LEFT_OUT.has(name) ? undefined : describeValue(value as AnswerValue);
    if (described !== undefined) shown.push([lowerCamel(name), described]);
  }
  return Object.fromEntries(shown);
}

function describeValue(value: AnswerValue | ReadonlyMap<string, string>): Json | undefined {
  if (value === undefined || value instanceof Uint8Array) return undefined;
  if (value instanceof Map) return Object.fromEntries(value);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const shown = describeValue(item);
      return shown === undefined ? [] : [shown];
    });
  }
  if (typeof value === 'object') return describeParameters(value as Record<string, unknown>);
  return value;
}

function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
