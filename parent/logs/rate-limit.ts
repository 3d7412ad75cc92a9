import { TransportError } from '../../shared/errors.ts';

const MINUTE_MS = 60_000;

/** Counts connections by the minute, whoever makes them. */
export function createRateLimit(options: {
  readonly perMinute: number;
  readonly now: () => number;
}): { admit(): TransportError | undefined } {
  const { perMinute, now } = options;
  let minute = Number.NaN;
  let count = 0;
  return {
    admit() {
      const current = Math.floor(now() / MINUTE_MS);
      if (current !== minute) count = 0;
      minute = current;
      count += 1;
      if (count <= perMinute) return undefined;
      return new TransportError(
        'TRANSPORT_LIMIT',
        `more than ${perMinute} connections within a minute`,
      );
    },
  };
}
