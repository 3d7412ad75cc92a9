/** Every input that differs from `bytes` in one byte: one low bit, the high bit, or all bits. */
export function* oneByteMutations(
  bytes: Uint8Array,
): Generator<{ readonly at: number; readonly mutated: Uint8Array }> {
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const mutated = Uint8Array.from(bytes);
      mutated[at] = (mutated[at] as number) ^ mask;
      yield { at, mutated };
    }
  }
}

/** Every proper prefix of `bytes`, the empty one included. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.subarray(0, length);
}
