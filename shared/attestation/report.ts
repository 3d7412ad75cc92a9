import { BrokerError } from '../errors.ts';
import {
  CHECK_IDS,
  type CheckId,
  type CheckResult,
  type Finding,
  failed,
  notReached,
  passed,
  type Rule,
} from './check.ts';
import type { AttestationDocument } from './document.ts';
import type { AttestationPolicy } from './policy.ts';
import { OPTIONAL_CHECKS } from './policy-checks.ts';

/** The verifier's answer: what was checked, in order, and what came of it. */
export interface AttestationReport {
  readonly verdict: 'trusted' | 'untrusted';
  /** As parsed, also when it is not trusted; undefined if its syntax is wrong. */
  readonly document: AttestationDocument | undefined;
  readonly checks: readonly CheckResult[];
  /** The first check that failed. */
  readonly failure: BrokerError | undefined;
}

/** Collects results while the verifier goes through its steps. */
export class ReportBuilder {
  document: AttestationDocument | undefined;
  readonly #results: CheckResult[] = [];
  #refusal: BrokerError | undefined;

  /** Runs one check and records it. A coded error is recorded and thrown on. */
  check(id: CheckId, run: () => Finding): void {
    try {
      this.#results.push(passed(id, run()));
    } catch (error) {
      throw this.#recorded(id, error);
    }
  }

  /** Runs one step that yields a value beside its finding. */
  value<T extends { readonly finding: Finding }>(id: CheckId, run: () => T): T {
    try {
      const value = run();
      this.#results.push(passed(id, value.finding));
      return value;
    } catch (error) {
      throw this.#recorded(id, error);
    }
  }

  rules<Subject>(rules: readonly Rule<Subject>[], subject: Subject): void {
    for (const { id, check } of rules) {
      try {
        this.#results.push(passed(id, check(subject)));
      } catch (error) {
        throw this.#recorded(id, error);
      }
    }
  }

  #recorded(id: CheckId, error: unknown): unknown {
    if (error instanceof BrokerError) {
      this.#results.push(failed(id, error));
      this.#refusal = error;
    }
    return error;
  }

  /** Whether this error is the verdict of a check, and not a fault of the program. */
  refused(error: BrokerError): boolean {
    return error === this.#refusal;
  }

  finish(
    policy: AttestationPolicy,
    policyResults: readonly CheckResult[],
    failure: BrokerError | undefined,
  ): AttestationReport {
    const results = [...this.#results, ...policyResults];
    return {
      verdict: failure === undefined ? 'trusted' : 'untrusted',
      document: this.document,
      checks: failure === undefined ? results : [...results, ...openChecks(results, policy)],
      failure,
    };
  }
}

function openChecks(
  results: readonly CheckResult[],
  policy: AttestationPolicy,
): readonly CheckResult[] {
  const reached = new Set(results.map(({ id }) => id));
  return CHECK_IDS.filter((id) => !reached.has(id) && isAsked(id, policy)).map((id) =>
    notReached(id, 'An earlier check failed.'),
  );
}

function isAsked(id: CheckId, policy: AttestationPolicy): boolean {
  const member = OPTIONAL_CHECKS.get(id);
  return member === undefined || member in policy;
}
