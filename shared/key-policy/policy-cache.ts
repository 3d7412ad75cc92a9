import { parseKeyPolicy } from './parse.ts';
import type { KeyPolicy } from './policy.ts';

/** Key policies that have been parsed before, for those that every request of a key needs again. */
export interface KeyPolicyCache {
  /** As {@link parseKeyPolicy}; a policy that it refuses is not kept. */
  parse(text: string): KeyPolicy;
}

/** @param capacity - how many policies are kept: those that were used last. */
export function createKeyPolicyCache(capacity: number): KeyPolicyCache {
  const policies = new Map<string, KeyPolicy>();
  return {
    parse(text) {
      const policy = policies.get(text) ?? parseKeyPolicy(text);
      // To the end: the first entry is the one unused for longest.
      policies.delete(text);
      policies.set(text, policy);
      const [oldest] = policies.keys();
      if (policies.size > capacity && oldest !== undefined) policies.delete(oldest);
      return policy;
    },
  };
}
