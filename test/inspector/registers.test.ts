import { describe, expect, it } from 'vitest';
import { compareRegisters, formatIndices, groupHex } from '../../inspector/registers.ts';
import { meaningOfRegister } from '../../shared/attestation/explain/register-meaning.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);
const document = {
  kind: 'enclave',
  pcrs: new Map([
    [0, filled(1)],
    [1, filled(2)],
    [5, filled(0)],
  ]),
} as const;

describe('compareRegisters', () => {
  it('tells same, different, absent and not expected apart', () => {
    const accepted = new Map([
      [0, filled(1)],
      [1, filled(9)],
      [20, filled(3)],
    ]);
    const table = compareRegisters(document, [accepted]);
    expect(table.rows.map(({ index, comparison }) => [index, comparison])).toEqual([
      [0, 'same'],
      [1, 'different'],
      [5, 'not expected'],
      [20, 'absent'],
    ]);
    expect(table.differences).toBe(2);
  });

  it('compares with the closest of several sets', () => {
    const far = new Map([[0, filled(7)]]);
    const table = compareRegisters(document, [far, new Map([[0, filled(1)]])]);
    expect(table).toMatchObject({ comparedSet: 2, differences: 0 });
  });

  it('compares with nothing where nothing is expected', () => {
    const table = compareRegisters(document, []);
    expect(table.comparedSet).toBeUndefined();
    expect(new Set(table.rows.map(({ comparison }) => comparison))).toEqual(
      new Set(['not expected']),
    );
  });

  it('knows registers that nothing was measured into', () => {
    const { rows } = compareRegisters(document, []);
    expect(rows.filter(({ untouched }) => untouched).map(({ index }) => index)).toEqual([5]);
  });
});

describe('meaningOfRegister', () => {
  it('gives the same index another meaning in an enclave and in a TPM', () => {
    expect(meaningOfRegister('enclave', 4).name).toBe('Parent instance');
    expect(meaningOfRegister('nitrotpm', 4).name).toBe('Boot application');
  });

  it.each([
    ['enclave', 5, 'Reserved'],
    ['enclave', 16, 'Application'],
    ['enclave', 31, 'Application'],
    ['nitrotpm', 17, 'Dynamic launch'],
    ['nitrotpm', 23, 'Application support'],
  ] as const)('names %s PCR%d', (kind, index, name) => {
    expect(meaningOfRegister(kind, index).name).toBe(name);
  });
});

describe('groupHex', () => {
  it('marks the groups that differ', () => {
    expect(groupHex('aaaaaaaabbbbbbbbcc', 'aaaaaaaabbbbbbb0cc')).toEqual([
      { digits: 'aaaaaaaa', differs: false },
      { digits: 'bbbbbbbb', differs: true },
      { digits: 'cc', differs: false },
    ]);
  });

  it('marks nothing where there is nothing to compare with', () => {
    expect(groupHex('aabb')).toEqual([{ digits: 'aabb', differs: false }]);
  });
});

describe('formatIndices', () => {
  it.each([
    [[], ''],
    [[5], '5'],
    [[5, 6, 7, 9, 10, 15], '5–7, 9–10, 15'],
  ])('writes %j as %s', (indices, text) => {
    expect(formatIndices(indices)).toBe(text);
  });
});
