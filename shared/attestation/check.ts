import type { FormatCode, PolicyCode, VerificationCode } from '../error-codes.ts';
import {
  type BrokerError,
  type ErrorDetails,
  FormatError,
  PolicyError,
  VerificationError,
} from '../errors.ts';

/** Every check, in the order in which a document meets them. Ids are public API. */
export const CHECK_IDS = [
  'envelope.size',
  'envelope.structure',
  'envelope.algorithm',
  'envelope.unprotected',
  'envelope.payload',
  'envelope.signature',
  'payload.structure',
  'payload.kind',
  'payload.fields',
  'payload.module_id',
  'payload.digest',
  'payload.timestamp',
  'payload.pcrs',
  'payload.certificate',
  'payload.cabundle',
  'payload.public_key',
  'payload.user_data',
  'payload.nonce',
  'path.length',
  'path.root',
  'path.certificates',
  'path.algorithms',
  'path.extensions',
  'path.names',
  'path.basic_constraints',
  'path.path_length',
  'path.key_usage',
  'path.validity',
  'path.signatures',
  'signature',
  'policy.issued_within_leaf',
  'policy.freshness',
  'policy.debug',
  'policy.measurements',
  'policy.nonce',
  'policy.public_key',
  'policy.user_data',
  'policy.client_binding',
  'policy.config_hash',
  'policy.client_data',
  'policy.module_id',
  'policy.instance_id',
  'policy.role',
  'policy.signing_certificate',
] as const;

export type CheckId = (typeof CHECK_IDS)[number];

/** What a check that holds has to say. */
export interface Finding {
  readonly expected: string;
  readonly actual: string;
  /** One sentence for a person. */
  readonly message: string;
}

export interface CheckResult {
  readonly id: CheckId;
  /** `not reached` also stands for what the policy waived or the historic mode cannot establish. */
  readonly verdict: 'passed' | 'failed' | 'not reached';
  /** The error code of a failed check, else null. */
  readonly code: string | null;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly message: string;
}

/** One rule: returns what it found, or throws the coded error of its family. */
export interface Rule<Subject> {
  readonly id: CheckId;
  readonly check: (subject: Subject) => Finding;
}

function details(finding: Finding): { details: ErrorDetails } {
  return { details: { expected: finding.expected, actual: finding.actual } };
}

export function malformed(code: FormatCode, finding: Finding): FormatError {
  return new FormatError(code, finding.message, details(finding));
}

export function falsified(code: VerificationCode, finding: Finding): VerificationError {
  return new VerificationError(code, finding.message, details(finding));
}

export function unaccepted(code: PolicyCode, finding: Finding): PolicyError {
  return new PolicyError(code, finding.message, details(finding));
}

export function passed(id: CheckId, { expected, actual, message }: Finding): CheckResult {
  return { id, verdict: 'passed', code: null, expected, actual, message };
}

export function failed(id: CheckId, error: BrokerError): CheckResult {
  const { expected, actual } = error.details;
  return {
    id,
    verdict: 'failed',
    code: error.code,
    expected: typeof expected === 'string' ? expected : null,
    actual: typeof actual === 'string' ? actual : null,
    message: error.message,
  };
}

export function notReached(id: CheckId, message: string): CheckResult {
  return { id, verdict: 'not reached', code: null, expected: null, actual: null, message };
}
