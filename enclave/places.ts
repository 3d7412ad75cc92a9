/** A place that is taken, by something that may have to wait for others. */
export interface Place {
  /**
   * Keeps the place from being given to anybody else.
   *
   * @returns what ends that, safe to call more than once.
   */
  keep(): () => void;
  /** Gives it back, safe to call more than once. */
  leave(): void;
}

/** A bound on how many are there at once. */
export interface Places {
  /**
   * Takes a place: if all are taken, that of who has waited longest and does not keep it, whose
   * `onEvicted` is called.
   *
   * @returns undefined if every place is kept.
   */
  take(onEvicted: () => void): Place | undefined;
}

/**
 * Bounds how many are there at once, so that those who do nothing with their places cannot hold them
 * against those who do.
 */
export function createPlaces(count: number): Places {
  /** Those that can be given away, the longest waiting first. */
  const waiting = new Map<Place, () => void>();
  let free = count;
  return {
    take(onEvicted) {
      if (free === 0) {
        const [longest] = waiting;
        if (longest === undefined) return undefined;
        const [evicted, tell] = longest;
        evicted.leave();
        tell();
      }
      free -= 1;
      let isLeft = false;
      let kept = 0;
      const place: Place = {
        keep() {
          let isKept = true;
          kept += 1;
          waiting.delete(place);
          return () => {
            if (isKept) kept -= 1;
            isKept = false;
            if (kept === 0 && !isLeft) waiting.set(place, onEvicted);
          };
        },
        leave() {
          if (isLeft) return;
          isLeft = true;
          waiting.delete(place);
          free += 1;
        },
      };
      waiting.set(place, onEvicted);
      return place;
    },
  };
}
