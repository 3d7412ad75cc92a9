import { BrokerError } from '../../shared/errors.ts';

/** The code of the error that `run` throws. An error that is not one of ours is thrown on. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}
