import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeEncryptionContext,
  MAX_ENCRYPTION_CONTEXT_BYTES,
} from '../../../shared/kms/encryption-context.ts';

const encode = (entries: Record<string, string>): string | undefined => {
  const bytes = encodeEncryptionContext(new Map(Object.entries(entries)));
  return bytes && Buffer.from(bytes).toString('hex');
};

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '\0', ''), maxLength: 6 });
const contexts = fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => new Map(pairs));

describe('encryption context', () => {
  it('is nothing when empty, and count and length-prefixed pairs else', () => {
    expect(encode({})).toBe('');
    expect(encode({ b: 'x', a: 'yz' })).toBe('00020001610002797a0001620001' + '78');
  });

  it('keeps apart what concatenation would not', () => {
    expect(encode({ ab: 'c' })).not.toBe(encode({ a: 'bc' }));
    expect(encode({ a: '', b: '' })).not.toBe(encode({ a: 'b' }));
  });

  it('has one form for one context in any order, and another for any other', () => {
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        const form = (context: Map<string, string>) =>
          Buffer.from(encodeEncryptionContext(context) as Uint8Array).toString('hex');
        const sorted = (context: Map<string, string>) => JSON.stringify([...context].sort());
        expect(form(new Map([...a].reverse()))).toBe(form(a));
        expect(form(a) === form(b)).toBe(sorted(a) === sorted(b));
      }),
    );
  });

  it('orders by UTF-8 bytes, not by UTF-16 units', () => {
    // U+FF5E sorts before U+1F600 in UTF-8 and after its surrogates in UTF-16.
    const hex = encode({ '😀': '', '～': '' }) ?? '';
    expect(hex.indexOf('efbd9e')).toBeLessThan(hex.indexOf('f09f9880'));
  });

  it('has a size limit', () => {
    const most = MAX_ENCRYPTION_CONTEXT_BYTES - 2 - 4 - 1;
    expect(encode({ a: 'x'.repeat(most) })).toHaveLength(2 * MAX_ENCRYPTION_CONTEXT_BYTES);
    expect(encode({ a: 'x'.repeat(most + 1) })).toBeUndefined();
  });
});
