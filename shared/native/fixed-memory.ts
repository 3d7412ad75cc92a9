import koffi from 'koffi';

/** Memory of libc, zeroed, which the collector neither moves nor frees. */
export interface FixedMemory {
  readonly address: bigint;
  /** The memory itself, not a copy. */
  readonly bytes: Uint8Array;
  /** Neither `address` nor `bytes` may be used afterwards. */
  free(): void;
}

/** Allocates memory whose address can be given to another thread. */
export function allocateFixed(length: number): FixedMemory {
  const pointer = koffi.alloc('uint8_t', length);
  return {
    address: koffi.address(pointer),
    bytes: new Uint8Array(koffi.view(pointer, length)),
    free: () => koffi.free(pointer),
  };
}
