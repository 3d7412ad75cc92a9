/** Work that is done one after another, in the order in which it came. */
export interface Turns {
  /**
   * Does `work` when all that came before is done.
   *
   * @returns undefined, at once, if as many wait already as may.
   */
  take<T>(work: () => Promise<T>): Promise<T> | undefined;
}

/** @param maxWaiting - how many may wait, beside the one whose turn it is. */
export function createTurns(maxWaiting: number): Turns {
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      if (pending > maxWaiting) return undefined;
      pending += 1;
      const turn = last.then(work).finally(() => {
        pending -= 1;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
