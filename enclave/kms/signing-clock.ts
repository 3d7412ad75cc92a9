import type { KMSClient } from '@aws-sdk/client-kms';

/**
 * Has the SDK sign by a trusted clock, though it reads the kernel's: it adds an offset, which it
 * would otherwise take from the Date of the last answer.
 */
export function signByClock(
  client: KMSClient,
  options: {
    /** The trusted clock: milliseconds since the Unix epoch. */
    readonly clock: () => number;
    /** The clock that the SDK reads. */
    readonly now: () => number;
  },
): void {
  const { clock, now } = options;
  Object.defineProperty(client.config, 'systemClockOffset', {
    get: () => clock() - now(),
    set: () => undefined,
    enumerable: true,
  });
}
