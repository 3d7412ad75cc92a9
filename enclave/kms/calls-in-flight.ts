import { ReadinessError } from '../../shared/errors.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/** The calls of a client that have not come back. */
export interface CallsInFlight {
  /** Counts the calls of the client that uses it. */
  readonly plugin: KmsPlugin;
  /**
   * Takes no more calls, and waits for those under way.
   *
   * @returns how many were still under way when the time was up.
   */
  drain(timeoutMs: number): Promise<number>;
}

export function countCallsInFlight(): CallsInFlight {
  let open = 0;
  let closing = false;
  let whenIdle: (() => void) | undefined;
  return {
    plugin: {
      applyToStack(stack) {
        stack.add(
          (next) => async (args) => {
            if (closing) throw new ReadinessError('READY_CLOSING', 'the enclave is shutting down');
            open += 1;
            try {
              return await next(args);
            } finally {
              open -= 1;
              if (open === 0) whenIdle?.();
            }
          },
          // Around the opening of the answer: a call has come back when its plaintext is there.
          { step: 'initialize', priority: 'high', name: 'countCallsInFlight' },
        );
      },
    },
    async drain(timeoutMs) {
      closing = true;
      if (open === 0) return 0;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        whenIdle = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
      return open;
    },
  };
}
