import { KMSServiceException } from '@aws-sdk/client-kms';
import { type EnclaveMetrics, outcomeOf } from '../metrics.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/** Counts each call of a client by its operation, and how it ended. */
export function countCalls(options: {
  readonly metrics: Pick<EnclaveMetrics, 'kmsCall'>;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}): KmsPlugin {
  const { metrics, monotonic } = options;
  return {
    applyToStack(stack) {
      stack.add(
        (next, context) => async (args) => {
          const began = monotonic();
          const operation = (context.commandName ?? '').replace(/Command$/, '');
          const count = (outcome: string) =>
            metrics.kmsCall(operation, outcome, monotonic() - began);
          try {
            const result = await next(args);
            count('ok');
            return result;
          } catch (error) {
            count(error instanceof KMSServiceException ? error.name : outcomeOf(error));
            throw error;
          }
        },
        { step: 'initialize', priority: 'high', name: 'countCalls' },
      );
    },
  };
}
