import type { ContextLookup } from './context.ts';
import { operatorHolds } from './operator.ts';
import type { Condition, IdentityPolicy, KeyPolicy, Statement } from './policy.ts';
import { matchPrincipal, type PrincipalMatch } from './principal.ts';
import { createQuestion, type PolicyRequest, type Question } from './request.ts';

export type Effect = 'allow' | 'explicit-deny' | 'implicit-deny';

export interface PolicyDecision {
  readonly effect: Effect;
  /** Whether the policy allows the caller's account as a whole, so that IAM policies decide. */
  readonly delegatesToIam: boolean;
  /** The statement that denied or allowed; undefined for an implicit deny. */
  readonly decidedBy: StatementReport | undefined;
  readonly statements: readonly StatementReport[];
}

/** Why a statement did or did not match. */
export interface StatementReport {
  /** Its place in its policy, from zero. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly matched: boolean;
  /** The first element that does not fit the request; undefined if the statement matched. */
  readonly mismatch: 'principal' | 'action' | 'resource' | 'condition' | undefined;
  /** An Allow that matched, but for the account as a whole: IAM policies decide. */
  readonly delegates: boolean;
  /** Empty unless principal, action and resource fit. */
  readonly conditions: readonly ConditionReport[];
}

export interface ConditionReport {
  readonly operator: string;
  readonly key: string;
  readonly expected: readonly string[];
  readonly actual: readonly string[] | 'missing';
  readonly holds: boolean;
}

/**
 * Evaluates a key policy, with a reason for every statement.
 *
 * An explicit deny wins. A statement that allows only the caller's account does not allow the
 * caller: see `delegatesToIam`.
 */
export function evaluateKeyPolicy(options: {
  readonly policy: KeyPolicy;
  readonly request: PolicyRequest;
}): PolicyDecision {
  return decideByKeyPolicy(options.policy, createQuestion(options.request));
}

/** Evaluates one policy of the caller's own identity, in the same way. */
export function evaluateIdentityPolicy(options: {
  readonly policy: IdentityPolicy;
  readonly request: PolicyRequest;
}): PolicyDecision {
  return decideByIdentityPolicy(options.policy, createQuestion(options.request));
}

export function decideByKeyPolicy({ statements }: KeyPolicy, question: Question): PolicyDecision {
  return decide(
    statements.map((statement, index) => {
      const { principal, effect } = statement;
      const match = matchPrincipal(principal, effect, question.caller);
      return reportStatement(statement, index, question, match);
    }),
  );
}

export function decideByIdentityPolicy(
  { statements }: IdentityPolicy,
  question: Question,
): PolicyDecision {
  return decide(
    statements.map((statement, index) => reportStatement(statement, index, question, 'direct')),
  );
}

function decide(statements: readonly StatementReport[]): PolicyDecision {
  const matched = statements.filter((statement) => statement.matched);
  const deny = matched.find((statement) => statement.effect === 'Deny');
  const allow = matched.find((statement) => statement.effect === 'Allow' && !statement.delegates);
  return {
    effect: deny ? 'explicit-deny' : allow ? 'allow' : 'implicit-deny',
    delegatesToIam: matched.some((statement) => statement.delegates),
    decidedBy: deny ?? allow,
    statements,
  };
}

function reportStatement(
  statement: Statement,
  index: number,
  { request, action, context }: Question,
  principal: PrincipalMatch,
): StatementReport {
  const report = (
    mismatch: StatementReport['mismatch'],
    conditions: readonly ConditionReport[] = [],
  ): StatementReport => ({
    index,
    sid: statement.sid,
    effect: statement.effect,
    matched: mismatch === undefined,
    mismatch,
    delegates: mismatch === undefined && principal === 'account',
    conditions,
  });
  if (principal === 'none') return report('principal');
  // A statement without actions or resources is about none.
  if (!statement.action?.fits(action)) return report('action');
  if (!statement.resource?.fits(request.resource)) return report('resource');
  const conditions = statement.conditions.map((condition) => reportCondition(condition, context));
  return report(conditions.every(({ holds }) => holds) ? undefined : 'condition', conditions);
}

function reportCondition(condition: Condition, context: ContextLookup): ConditionReport {
  const { operator, key, canonicalKey, values, tests } = condition;
  const actual = context.valuesOf(canonicalKey);
  return {
    operator: operator.name,
    key,
    expected: values,
    actual: actual.length === 0 ? 'missing' : actual,
    holds: operatorHolds(operator, tests, actual),
  };
}
