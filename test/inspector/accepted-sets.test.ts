import { describe, expect, it } from 'vitest';
import { parseAcceptedSets } from '../../inspector/accepted-sets.ts';
import { codeOf } from '../support/codes.ts';

const a = 'aa'.repeat(48);
const b = 'bb'.repeat(48);
const json = (value: string) => `{\n  "Measurements": { "PCR0": "${value}" }\n}`;

describe('parseAcceptedSets', () => {
  it.each([
    ['JSON of nitro-cli', json(a), [[0]]],
    ['JSON of registers alone', `{"PCR0":"${a}","PCR2":"${b}"}`, [[0, 2]]],
    ['lines', `0=${a}\n\n 2 = ${b.toUpperCase()} \r\n`, [[0, 2]]],
    ['the same value twice', `0=${a}\n0=${a}`, [[0]]],
    ['two sets of JSON', `${json(a)}\n---\n${json(b)}`, [[0], [0]]],
    ['a set of each form', `0=${a}\n1=${a}\n  -----  \n${json(b)}`, [[0, 1], [0]]],
  ])('reads %s', (_name, text, indices) => {
    expect(parseAcceptedSets(text).map((set) => [...set.keys()])).toEqual(indices);
  });

  it.each([
    ['nothing', ''],
    ['an empty set after another', `0=${a}\n---\n`],
    ['an empty set before another', `---\n0=${a}`],
    ['two values of a register', `0=${a}\n0=${b}`],
    ['a value that is too short', '0=aa'],
    ['a line without index', a],
    ['an index beyond the last register', `32=${a}`],
    ['JSON that does not end', '{"PCR0":'],
    ['JSON without registers', '{}'],
  ])('refuses %s', (_name, text) => {
    expect(codeOf(() => parseAcceptedSets(text))).toBe('MEASUREMENTS_SYNTAX');
  });
});
