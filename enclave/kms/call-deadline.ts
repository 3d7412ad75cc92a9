import { TransportError } from '../../shared/errors.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/** How many time-outs a whole call may take: the SDK's attempts, and the fetch of credentials. */
export const TIMEOUTS_PER_CALL = 4;

/**
 * Ends a call that a parent draws out across credentials, attempts and pauses within the answer,
 * each of which alone is within its own time-out.
 *
 * @throws {TransportError} TRANSPORT_TIMEOUT
 */
export function callDeadline(options: {
  readonly host: string;
  readonly timeoutMs: number;
}): KmsPlugin {
  const callMs = options.timeoutMs * TIMEOUTS_PER_CALL;
  return {
    applyToStack(stack) {
      stack.add(
        (next) => async (args) => {
          let timer: NodeJS.Timeout | undefined;
          const overdue = new Promise<never>((_, reject) => {
            timer = setTimeout(() => {
              const message = `${options.host} did not answer the whole call within ${callMs} ms`;
              reject(new TransportError('TRANSPORT_TIMEOUT', message));
            }, callMs);
          });
          try {
            return await Promise.race([next(args), overdue]);
          } finally {
            clearTimeout(timer);
          }
        },
        // Inside of the opening of the answer: what comes too late is an envelope, never a plaintext.
        { step: 'initialize', priority: 'low', name: 'callDeadline' },
      );
    },
  };
}
