import type { GrantConstraints, PolicyGrant } from './policy.ts';
import { isGrantee } from './principal.ts';
import { createQuestion, type PolicyRequest, type Question } from './request.ts';

/** Why a grant did or did not allow a request. */
export interface GrantReport {
  readonly grantId: string;
  readonly matched: boolean;
  /** The first part that does not fit the request; undefined if the grant allows it. */
  readonly mismatch: 'grantee' | 'operation' | 'constraint' | undefined;
  /** Empty unless grantee and operation fit. */
  readonly constraints: readonly ConstraintReport[];
}

export interface ConstraintReport {
  readonly name: 'EncryptionContextEquals' | 'EncryptionContextSubset';
  readonly expected: Readonly<Record<string, string>>;
  /** `missing` if the request has nothing that the constraint could be held against. */
  readonly actual: Readonly<Record<string, string>> | 'missing';
  readonly holds: boolean;
}

type Pairs = ReadonlyMap<string, string>;

const TAKES_ENCRYPTION_CONTEXT = new Set([
  'Encrypt',
  'Decrypt',
  'ReEncryptFrom',
  'ReEncryptTo',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]);

/** "The constraint doesn't apply to these operations" (GrantConstraints, AWS KMS API Reference). */
const EXEMPT_FROM_CONSTRAINTS = new Set(['DescribeKey', 'RetireGrant']);

/**
 * Evaluates one grant of the key that the request is about. A grant allows or says nothing.
 *
 * The grantee is a user, a role and with it its sessions, or one session; an account is only its
 * root user. Constraints are exact and case-sensitive. A grant that has any allows no operation
 * without an encryption context, but for DescribeKey and RetireGrant; and it allows CreateGrant, as
 * every grant does, only for a new grant that permits no more than itself.
 */
export function evaluateGrant(options: {
  readonly grant: PolicyGrant;
  readonly request: PolicyRequest;
}): GrantReport {
  return reportGrant(options.grant, createQuestion(options.request));
}

export function reportGrant(grant: PolicyGrant, question: Question): GrantReport {
  const report = (
    mismatch: GrantReport['mismatch'],
    constraints: readonly ConstraintReport[] = [],
  ): GrantReport => ({
    grantId: grant.grantId,
    matched: mismatch === undefined,
    mismatch,
    constraints,
  });
  if (!isGrantee(grant.granteePrincipal, question.caller)) return report('grantee');
  const { action, newGrant } = question.request;
  const operation = /^kms:(.+)$/.exec(action)?.[1];
  if (operation === undefined) return report('operation');
  const { operations } = grant;
  // A grant hands on no operation that it does not give.
  const handedOn = operation === 'CreateGrant' ? newGrant?.operations : [];
  if (!operations.includes(operation) || !handedOn?.every((name) => operations.includes(name))) {
    return report('operation');
  }
  if (EXEMPT_FROM_CONSTRAINTS.has(operation)) return report(undefined);
  const constraints = reportConstraints(grant.constraints, promiseOf(operation, question));
  return report(constraints.every(({ holds }) => holds) ? undefined : 'constraint', constraints);
}

/**
 * What is certain of the encryption context: of this request's, or of that of every request that
 * the new grant would allow. Undefined where there is none.
 */
function promiseOf(
  operation: string,
  { request, context }: Question,
): GrantConstraints | undefined {
  if (operation === 'CreateGrant') return request.newGrant?.constraints ?? {};
  if (!TAKES_ENCRYPTION_CONTEXT.has(operation)) return undefined;
  const encryptionContext = context.encryptionContext();
  return encryptionContext && { encryptionContextEquals: encryptionContext };
}

function reportConstraints(
  { encryptionContextEquals, encryptionContextSubset }: GrantConstraints = {},
  promised: GrantConstraints | undefined,
): readonly ConstraintReport[] {
  const reports: ConstraintReport[] = [];
  if (encryptionContextEquals !== undefined) {
    const actual = promised?.encryptionContextEquals;
    reports.push({
      name: 'EncryptionContextEquals',
      ...compared(encryptionContextEquals, actual),
      holds:
        actual !== undefined &&
        actual.size === encryptionContextEquals.size &&
        holdsAll(actual, encryptionContextEquals),
    });
  }
  if (encryptionContextSubset !== undefined) {
    const actual =
      promised &&
      new Map([
        ...(promised.encryptionContextSubset ?? []),
        ...(promised.encryptionContextEquals ?? []),
      ]);
    reports.push({
      name: 'EncryptionContextSubset',
      ...compared(encryptionContextSubset, actual),
      holds: actual !== undefined && holdsAll(actual, encryptionContextSubset),
    });
  }
  return reports;
}

function holdsAll(actual: Pairs, expected: Pairs): boolean {
  return [...expected].every(([key, value]) => actual.get(key) === value);
}

function compared(
  expected: Pairs,
  actual: Pairs | undefined,
): Pick<ConstraintReport, 'expected' | 'actual'> {
  return {
    expected: Object.fromEntries(expected),
    actual: actual === undefined ? 'missing' : Object.fromEntries(actual),
  };
}
