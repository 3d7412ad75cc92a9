import { describe, expect, it } from 'vitest';
import { createKeyPolicyCache } from '../../../shared/key-policy/index.ts';
import { codeOf } from '../../support/codes.ts';

const policy = (id: string) =>
  JSON.stringify({
    Id: id,
    Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
  });

describe('a cache of key policies', () => {
  it('parses a text once', () => {
    const cache = createKeyPolicyCache(1);
    const parsed = cache.parse(policy('a'));
    expect(parsed.id).toBe('a');
    expect(cache.parse(policy('a'))).toBe(parsed);
  });

  it('forgets the policy that was not used for longest', () => {
    const cache = createKeyPolicyCache(2);
    const a = cache.parse(policy('a'));
    const b = cache.parse(policy('b'));
    expect(cache.parse(policy('a'))).toBe(a);
    cache.parse(policy('c'));
    expect(cache.parse(policy('a'))).toBe(a);
    expect(cache.parse(policy('b'))).not.toBe(b);
  });

  it('keeps no refusal', () => {
    const cache = createKeyPolicyCache(1);
    const a = cache.parse(policy('a'));
    for (let i = 0; i < 3; i++) expect(codeOf(() => cache.parse('{'))).toBe('KEY_POLICY_JSON');
    expect(cache.parse(policy('a'))).toBe(a);
  });
});
