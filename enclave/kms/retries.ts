/** Why a call may succeed if it is made again. */
export type Retryable = 'throttling' | 'transient';

export interface RetryOptions {
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Undefined for what would fail again. */
  readonly classify: (error: unknown) => Retryable | undefined;
}

/** As in the standard retry mode of AWS SDKs, whose defaults the attested client has. */
const MAX_ATTEMPTS = 3;
const DELAY_BASE_MS = { throttling: 500, transient: 100 };
const QUOTA = 500;
const RETRY_COST = 5;

/**
 * Makes calls again that failed by throttling or in passing: three times at most, after a random
 * pause that doubles.
 *
 * All calls share a quota of retries, so that a service which fails for all is not asked thrice as
 * often as in good times: a retry costs 5 of 500, its success brings them back, any other success 1.
 */
export function createRetries(
  options: RetryOptions,
): <Result>(attempt: () => Promise<Result>) => Promise<Result> {
  const { random, pause, classify } = options;
  let quota = QUOTA;
  return async (attempt) => {
    let refund = 1;
    for (let attempts = 1; ; attempts++) {
      try {
        const result = await attempt();
        quota = Math.min(QUOTA, quota + refund);
        return result;
      } catch (error) {
        const reason = classify(error);
        if (reason === undefined || attempts === MAX_ATTEMPTS || quota < RETRY_COST) throw error;
        quota -= RETRY_COST;
        refund = RETRY_COST;
        await pause(random() * DELAY_BASE_MS[reason] * 2 ** (attempts - 1));
      }
    }
  };
}
