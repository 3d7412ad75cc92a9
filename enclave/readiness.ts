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
  /** For a person: public facts only. */
  readonly message?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: readonly ReadinessCheck[];
}

/** How ready the enclave is, now. */
export interface Readiness {
  /** Makes a check, or makes it anew, and keeps how it stands. A failure is kept, not thrown. */
  check(name: ReadinessCheckName, run: () => Promise<void>): Promise<boolean>;
  report(): ReadinessReport;
}

/** Nothing is ready before it was checked. */
export function createReadiness(logger: Logger): Readiness {
  const states = new Map<ReadinessCheckName, ReadinessCheck>(
    READINESS_CHECKS.map((check) => [check, { check, ok: false, code: 'READY_NOT_CHECKED' }]),
  );
  return {
    async check(name, run) {
      const before = states.get(name);
      const state = await standing(name, run);
      states.set(name, state);
      if (state.ok !== before?.ok || state.code !== before.code) {
        const { check, ok, code, message } = state;
        if (ok) logger.info('readiness', { check, ok });
        else logger.warn('readiness', { check, ok, code, message });
      }
      return state.ok;
    },
    report() {
      const checks = [...states.values()];
      return { ready: checks.every(({ ok }) => ok), checks };
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
    return { check, ok: false, code: CODES[check], message: reasonOf(error) };
  }
}

/** KMS's own errors say who was refused what: nothing secret. Of anything else, only the name. */
function reasonOf(error: unknown): string {
  if (error instanceof BrokerError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.name : 'unknown';
}
