import { describe, expect, it } from 'vitest';
import { PcrBank } from '../../../../enclave/nsm/software/pcr-bank.ts';
import { encodeHex } from '../../../../shared/encoding.ts';
import { extendPcr } from '../../../../shared/nsm/index.ts';

const ZERO = new Uint8Array(48);
const MEASURED = new Uint8Array(48).fill(7);

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return undefined;
}

describe('PcrBank', () => {
  it('has 32 registers, of which 0 to 15 are locked and hold what was measured', () => {
    const bank = new PcrBank(new Map([[3, MEASURED]]));
    for (let index = 0; index < 32; index++) {
      const data = index === 3 ? MEASURED : ZERO;
      expect(bank.describe(index)).toEqual({ lock: index < 16, data });
    }
    expect([...bank.locked().keys()]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(bank.locked().get(3)).toEqual(MEASURED);
  });

  it('extends with SHA-384 over the old value and the data', () => {
    const bank = new PcrBank(new Map());
    // Computed apart from this code, with sha384sum over 48 zero bytes and the data.
    expect(encodeHex(bank.extend(16, Uint8Array.of(1, 2, 3)))).toBe(
      'cb178fcd3f328244c05c6248723fd068b3a1dda878e1ab8be911098f199958add55d0c27f04826d27b44d949a650694e',
    );
    expect(encodeHex(bank.extend(17, new Uint8Array(0)))).toBe(
      '8f0d145c0368ad6b70be22e41c400eea91b971d96ba220fec9fae25a58dffdaaf72dbe8f6783d55128c9df4efaf6f8a7',
    );
    const second = bank.extend(16, Uint8Array.of(4));
    expect(second).toEqual(extendPcr(extendPcr(ZERO, Uint8Array.of(1, 2, 3)), Uint8Array.of(4)));
    expect(bank.describe(16)).toEqual({ lock: false, data: second });
  });

  it('does not attest a register that is extended but not locked', () => {
    const bank = new PcrBank(new Map());
    const value = bank.extend(20, Uint8Array.of(1));
    expect(bank.locked().has(20)).toBe(false);
    bank.lock(20);
    expect([...bank.locked()].at(-1)).toEqual([20, value]);
  });

  it('locks for good', () => {
    const bank = new PcrBank(new Map());
    bank.lock(31);
    expect(codeOf(() => bank.extend(31, ZERO))).toBe('NSM_READ_ONLY_INDEX');
    expect(codeOf(() => bank.lock(31))).toBe('NSM_READ_ONLY_INDEX');
    expect(bank.describe(31)).toEqual({ lock: true, data: ZERO });
  });

  it('locks a range over what is locked already, and nothing beyond it', () => {
    const bank = new PcrBank(new Map());
    bank.lock(16);
    bank.lockRange(18);
    expect([...bank.locked().keys()].at(-1)).toBe(17);
    bank.lockRange(0);
    bank.lockRange(32);
    expect(bank.locked().size).toBe(32);
  });

  it.each([
    ['describe', (bank: PcrBank) => bank.describe(32)],
    ['extend', (bank: PcrBank) => bank.extend(32, ZERO)],
    ['lock', (bank: PcrBank) => bank.lock(65535)],
    ['lockRange', (bank: PcrBank) => bank.lockRange(33)],
  ])('%s refuses a register that is none', (_, run) => {
    const bank = new PcrBank(new Map());
    expect(codeOf(() => run(bank))).toBe('NSM_INVALID_INDEX');
    expect(bank.locked().size).toBe(16);
  });
});
