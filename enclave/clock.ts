import { parseAttestationDocument } from '../shared/attestation/index.ts';
import { ReadinessError } from '../shared/errors.ts';
import type { NsmClient } from '../shared/nsm/index.ts';

/**
 * Time that the parent has no hand in: that of the secure module's last document, and what a clock
 * that only runs forward has counted since.
 *
 * SigV4 is signed by it, and the expiry of credentials is judged by it. The kernel's own time of day
 * is not: an enclave has no other source for it than the hypervisor at boot, or the parent.
 */
export interface TrustedClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Reads the time anew: what counts forward may drift by seconds a day. */
  refresh(): Promise<void>;
}

/**
 * Reads the time from the secure module.
 *
 * @throws {NsmError}
 * @throws {FormatError} for a document that cannot be read
 */
export async function createTrustedClock(options: {
  readonly nsm: Pick<NsmClient, 'attest'>;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}): Promise<TrustedClock> {
  const { nsm, monotonic } = options;
  const read = async (): Promise<{ readonly time: number; readonly at: number }> => {
    // From before the question: a slow module makes this clock fast, and then credentials end early.
    const at = monotonic();
    const { timestamp } = parseAttestationDocument(await nsm.attest({}));
    return { time: timestamp, at };
  };
  let reading = await read();
  return {
    now: () => reading.time + (monotonic() - reading.at),
    async refresh() {
      reading = await read();
    },
  };
}

/** Beyond it, the validity of KMS's certificates, which OpenSSL judges by it, means nothing. */
const MAX_WALL_CLOCK_OFFSET_MS = 3_600_000;

/**
 * Compares the time of day that the kernel has with the trusted one.
 *
 * @returns how far the kernel's is ahead, in milliseconds.
 * @throws {ReadinessError} READY_CLOCK if they are more than an hour apart
 */
export function checkWallClock(clock: Pick<TrustedClock, 'now'>, now: () => number): number {
  const offsetMs = Math.round(now() - clock.now());
  if (Math.abs(offsetMs) <= MAX_WALL_CLOCK_OFFSET_MS) return offsetMs;
  throw new ReadinessError(
    'READY_CLOCK',
    `the kernel's time is ${offsetMs} ms ahead of the secure module's`,
    { details: { offsetMs } },
  );
}
