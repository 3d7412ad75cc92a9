/** A bound on how many things go on at once. */
export interface Slots {
  /**
   * Takes a slot.
   *
   * @returns what gives it back, safe to call more than once; undefined if none is free.
   */
  take(): (() => void) | undefined;
}

export function createSlots(count: number): Slots {
  let free = count;
  return {
    take() {
      if (free === 0) return undefined;
      free -= 1;
      let held = true;
      return () => {
        if (held) free += 1;
        held = false;
      };
    },
  };
}
