/** Gives each action a place of its own; where there is none free, the action waits in line. */
export type Gate<Place> = <T>(action: (place: Place) => Promise<T>) => Promise<T>;

/** @param places - what serves one action at a time each. */
export function createGate<Place>(places: readonly Place[]): Gate<Place> {
  const free = [...places];
  const waiting: ((place: Place) => void)[] = [];
  return async (action) => {
    const place =
      free.length > 0
        ? (free.pop() as Place)
        : await new Promise<Place>((enter) => {
            waiting.push(enter);
          });
    try {
      return await action(place);
    } finally {
      const enter = waiting.shift();
      if (enter === undefined) free.push(place);
      else enter(place);
    }
  };
}
