/** Lets a few actions go on at a time; the others wait in line. */
export type Gate = <T>(action: () => Promise<T>) => Promise<T>;

export function createGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (free === 0) await new Promise<void>((enter) => waiting.push(enter));
    else free -= 1;
    try {
      return await action();
    } finally {
      // The place goes to the next in line, or becomes free.
      const enter = waiting.shift();
      if (enter === undefined) free += 1;
      else enter();
    }
  };
}
