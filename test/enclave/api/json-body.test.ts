import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from '../../../enclave/api/json-body.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const body = utf8('{"nonce":"AAAA","kdf":{"kind":"hkdf","salts":["a:b","{\\"}"]}}');

describe('the body of a request', () => {
  it('is the JSON that it is', () => {
    expect(parseJsonBody(body)).toEqual({
      nonce: 'AAAA',
      kdf: { kind: 'hkdf', salts: ['a:b', '{"}'] },
    });
  });

  it('is read as JSON.parse reads it, if it is not too deep', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonBody(utf8(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('is refused with a code, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect([undefined, 'API_BODY']).toContain(codeOf(() => parseJsonBody(bytes)));
      }),
    );
    for (const { mutated } of oneByteMutations(body)) {
      expect([undefined, 'API_BODY']).toContain(codeOf(() => parseJsonBody(mutated)));
    }
  });

  it.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a value too much', '{}{}'],
    ['four levels', '[[[[]]]]'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, spelled otherwise', '{"a":1,"\\u0061":1}'],
    ['a member twice inside', '{"a":{"b":1,"b":2}}'],
  ])('is refused with %s', (_what, text) => {
    expect(codeOf(() => parseJsonBody(utf8(text)))).toBe('API_BODY');
  });
});
