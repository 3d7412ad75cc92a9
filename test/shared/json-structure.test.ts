import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countMembers, measureJson } from '../../shared/json-structure.ts';

describe('the structure of a JSON text', () => {
  it('has as many members as the value, unless one is repeated', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(countMembers(JSON.parse(text))).toBe(measureJson(text).members);
      }),
    );
  });

  it.each([
    ['{"a":1,"a":1}', 2, 1],
    ['{"a":1,"\\u0061":1}', 2, 1],
    ['[{"a":{"b":1,"b":2}}]', 3, 2],
    ['{"a:b":"c:d","\\":":0}', 2, 2],
  ])('%s gives %i members and leaves %i', (text, given, left) => {
    expect(measureJson(text).members).toBe(given);
    expect(countMembers(JSON.parse(text))).toBe(left);
  });

  it('is as deep as its brackets outside strings', () => {
    expect(measureJson('{"a":[[{}],"[[[["]}').depth).toBe(4);
    expect(measureJson('0').depth).toBe(0);
  });
});
