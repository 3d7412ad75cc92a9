import { createMemo } from '../memo.ts';
import { parseKeyPolicy } from './parse.ts';
import type { KeyPolicy } from './policy.ts';

/** Key policies that have been parsed before, for those that every request of a key needs again. */
export interface KeyPolicyCache {
  /** As {@link parseKeyPolicy}; a policy that it refuses is not kept. */
  parse(text: string): KeyPolicy;
}

/** @param capacity - how many policies are kept: those that were used last. */
export function createKeyPolicyCache(capacity: number): KeyPolicyCache {
  const policies = createMemo<string, KeyPolicy>(capacity);
  return { parse: (text) => policies(text, () => parseKeyPolicy(text)) };
}
