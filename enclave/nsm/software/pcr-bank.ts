import { NsmError } from '../../../shared/errors.ts';
import { extendPcr, PCR_BYTES, PCR_COUNT } from '../../../shared/nsm/index.ts';

/** The platform locks PCR0 to PCR15 before the enclave starts. */
const LOCKED_AT_START = 16;

/**
 * The 32 registers of one enclave, with the rules and errors that QEMU's virtio-nsm.c gives them.
 *
 * Every method throws NSM_INVALID_INDEX for a register that is none.
 */
export class PcrBank {
  readonly #registers: { value: Uint8Array; locked: boolean }[];

  /** Registers that are not given start at zero. */
  constructor(measurements: ReadonlyMap<number, Uint8Array>) {
    this.#registers = Array.from({ length: PCR_COUNT }, (_, index) => ({
      value: Uint8Array.from(measurements.get(index) ?? new Uint8Array(PCR_BYTES)),
      locked: index < LOCKED_AT_START,
    }));
  }

  describe(index: number): { readonly lock: boolean; readonly data: Uint8Array } {
    const { locked, value } = this.#at(index);
    return { lock: locked, data: value };
  }

  /**
   * Answers the new value.
   *
   * @throws {NsmError} NSM_READ_ONLY_INDEX for a locked register
   */
  extend(index: number, data: Uint8Array): Uint8Array {
    const register = this.#unlocked(index);
    register.value = extendPcr(register.value, data);
    return register.value;
  }

  /** @throws {NsmError} NSM_READ_ONLY_INDEX for a locked register */
  lock(index: number): void {
    this.#unlocked(index).locked = true;
  }

  /** Locks the registers 0 to `range - 1`, whether or not they are locked already. */
  lockRange(range: number): void {
    if (range > PCR_COUNT) throw invalidIndex(range);
    for (const register of this.#registers.slice(0, range)) register.locked = true;
  }

  /** The locked registers, ascending: what a document attests. */
  locked(): ReadonlyMap<number, Uint8Array> {
    return new Map(
      this.#registers.flatMap(({ value, locked }, index) => (locked ? [[index, value]] : [])),
    );
  }

  #at(index: number): { value: Uint8Array; locked: boolean } {
    const register = this.#registers[index];
    if (register === undefined) throw invalidIndex(index);
    return register;
  }

  #unlocked(index: number): { value: Uint8Array; locked: boolean } {
    const register = this.#at(index);
    if (register.locked) throw new NsmError('NSM_READ_ONLY_INDEX', `PCR${index} is locked`);
    return register;
  }
}

function invalidIndex(index: number): NsmError {
  return new NsmError('NSM_INVALID_INDEX', `expected a register below ${PCR_COUNT}, got ${index}`);
}
