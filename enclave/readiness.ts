import type { ReadinessCode } from '../shared/error-codes.ts';
import { BrokerError, ReadinessError } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';

/** What must hold before the broker serves, in the order in which it is checked. */
export const READINESS_CHECKS = [
  'loopback',
  'entropy',
  'document',
  'clock',
  'credentials',
  'self-test',
] as const;

export type ReadinessCheckName = (typeof READINESS_CHECKS)[number];

/** How one check stands. */
export interface ReadinessCheck {
  readonly check: ReadinessCheckName;
  readonly ok: boolean;
  /** Why it is not. */
  readonly code?: ReadinessCode;
  /** What is behind it: another code of this product, or the name of an exception of KMS. */
  readonly reason?: string;
  /** For a person: public facts only. */
  readonly message?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  /** Whether it shuts down: then it is not ready, however its checks stand. */
  readonly closing: boolean;
  readonly checks: readonly ReadinessCheck[];
}

/** How ready the enclave is, now. */
export interface Readiness {
  /** Makes a check, or makes it anew, and keeps how it stands. A failure is kept, not thrown. */
  check(name: ReadinessCheckName, run: () => Promise<void>): Promise<boolean>;
  /**
   * As `check`, of what nobody waits for.
   *
   * @throws {ReadinessError} what is kept of a failure
   */
  require(name: ReadinessCheckName, run: () => Promise<void>): Promise<void>;
  /** Not ready from now on. */
  close(): void;
  report(): ReadinessReport;
}

/** Nothing is ready before it was checked. */
export function createReadiness(logger: Logger): Readiness {
  const states = new Map<ReadinessCheckName, ReadinessCheck>(
    READINESS_CHECKS.map((check) => [check, { check, ok: false, code: 'READY_NOT_CHECKED' }]),
  );
  let closing = false;
  const make = async (
    name: ReadinessCheckName,
    run: () => Promise<void>,
  ): Promise<ReadinessCheck> => {
    const before = states.get(name);
    const state = await standing(name, run);
    states.set(name, state);
    if (state.ok !== before?.ok || state.code !== before.code || state.reason !== before.reason) {
      const { check, ok, code, reason, message } = state;
      if (ok) logger.info('readiness', { check, ok });
      else logger.warn('readiness', { check, ok, code, reason, message });
    }
    return state;
  };
  return {
    check: async (name, run) => (await make(name, run)).ok,
    async require(name, run) {
      const { ok, code, message } = await make(name, run);
      if (!ok) throw new ReadinessError(code ?? CODES[name], message ?? name);
    },
    close() {
      closing = true;
    },
    report() {
      const checks = [...states.values()];
      return { ready: !closing && checks.every(({ ok }) => ok), closing, checks };
    },
  };
}

/** Which code a check has, whatever made it fail. */
const CODES = {
  loopback: 'READY_LOOPBACK',
  entropy: 'READY_ENTROPY',
  document: 'READY_DOCUMENT',
  clock: 'READY_CLOCK',
  credentials: 'READY_CREDENTIALS',
  'self-test': 'READY_SELF_TEST',
} as const satisfies Record<ReadinessCheckName, ReadinessCode>;

async function standing(
  check: ReadinessCheckName,
  run: () => Promise<void>,
): Promise<ReadinessCheck> {
  try {
    await run();
    return { check, ok: true };
  } catch (error) {
    if (error instanceof ReadinessError) {
      return { check, ok: false, code: error.code, message: error.message };
    }
    return { check, ok: false, code: CODES[check], ...reasonOf(error) };
  }
}

/** KMS's own messages say who was refused what; of anything that is not ours, only the name. */
function reasonOf(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof BrokerError) {
    return { reason: error.code, message: `${error.code}: ${error.message}` };
  }
  const name = error instanceof Error ? error.name : 'unknown';
  return { reason: name, message: name };
}
