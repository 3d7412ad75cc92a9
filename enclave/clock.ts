import { parseAttestationDocument } from '../shared/attestation/index.ts';
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
  readonly nsm: NsmClient;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}): Promise<TrustedClock> {
  const { nsm, monotonic } = options;
  const read = async (): Promise<{ readonly time: number; readonly at: number }> => {
    const { timestamp } = parseAttestationDocument(await nsm.attest({}));
    return { time: timestamp, at: monotonic() };
  };
  let reading = await read();
  return {
    now: () => reading.time + (monotonic() - reading.at),
    async refresh() {
      reading = await read();
    },
  };
}
