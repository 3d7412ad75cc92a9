import type { Authorization } from './authorize.ts';
import type { ConditionReport, PolicyDecision, StatementReport } from './evaluate.ts';
import type { ConstraintReport, GrantReport } from './grant.ts';
import { isUnknownKmsKey } from './kms-condition-keys.ts';
import type { PolicyRequest } from './request.ts';

const MAX_SHOWN_CHARACTERS = 200;

const VERDICTS = {
  allow: 'Allowed',
  'explicit-deny': 'Denied explicitly',
  'implicit-deny': 'Not allowed',
} as const;

/** What the text of a decision is made of: of the request, not what it holds. */
export type ExplainableAuthorization = Omit<Authorization, 'request'> & {
  readonly request: Pick<PolicyRequest, 'principal' | 'action' | 'resource'>;
};

/**
 * A decision as lines of text for a person: the verdict, then every statement of every policy and
 * every grant to the caller, with what kept it from matching, and every condition and constraint with
 * what was expected and came.
 *
 * Texts of the request and the policy are quoted as JSON strings and cut, so that none of them can
 * end a line or fill the log.
 */
export function explainAuthorization(authorization: ExplainableAuthorization): string {
  const { effect, settledBy, request, keyPolicy, grants, identityPolicies } = authorization;
  const lines = [
    `${VERDICTS[effect]} (${settledBy}): ${quote(request.action)} on ${quote(request.resource)} for ${quote(request.principal.arn)}.`,
  ];
  if (keyPolicy !== undefined) lines.push(...explainPolicy('Key policy', keyPolicy));
  lines.push(...explainGrants(grants));
  for (const [name, decision] of identityPolicies) {
    lines.push(...explainPolicy(`Identity policy ${quote(name)}`, decision));
  }
  return lines.join('\n');
}

function explainPolicy(name: string, decision: PolicyDecision): readonly string[] {
  return decision.statements.flatMap((statement) => [
    `  ${name}, statement ${nameOf(statement)}: ${outcomeOf(statement)}`,
    ...statement.conditions.map((condition) => `    ${explainCondition(condition)}`),
  ]);
}

/** A key may have many grants: those to others are counted. */
function explainGrants(grants: readonly GrantReport[]): readonly string[] {
  const own = grants.filter(({ mismatch }) => mismatch !== 'grantee');
  const lines = own.flatMap((grant) => [
    `  Grant ${quote(grant.grantId)}: ${grantOutcomeOf(grant)}`,
    ...grant.constraints.map((constraint) => `    ${explainConstraint(constraint)}`),
  ]);
  const others = grants.length - own.length;
  return others === 0 ? lines : [...lines, `  Grants to other principals: ${others}`];
}

function grantOutcomeOf({ mismatch }: GrantReport): string {
  if (mismatch === undefined) return 'allows';
  return mismatch === 'constraint'
    ? 'does not apply, a constraint does not hold'
    : 'does not apply, its operations do not cover this';
}

function explainConstraint({ name, expected, actual, holds }: ConstraintReport): string {
  const came = actual === 'missing' ? 'no encryption context' : showPairs(actual);
  return `${name}: expected ${showPairs(expected)}, actual ${came}: ${holds ? 'holds' : 'does not hold'}`;
}

function showPairs(pairs: Readonly<Record<string, string>>): string {
  return visible(cut(JSON.stringify(pairs)));
}

function nameOf({ index, sid, effect }: StatementReport): string {
  return `${index}${sid === undefined ? '' : ` ${quote(sid)}`} (${effect})`;
}

function outcomeOf({ mismatch, effect, delegates }: StatementReport): string {
  if (mismatch === 'condition') return 'does not apply, a condition does not hold';
  if (mismatch !== undefined) return `does not apply, its ${mismatch} does not fit`;
  if (delegates) return 'leaves it to the IAM policies of the account';
  return effect === 'Allow' ? 'allows' : 'denies';
}

function explainCondition({ operator, key, expected, actual, holds }: ConditionReport): string {
  const came = actual === 'missing' ? 'missing from the request' : quoteAll(actual);
  const named = isUnknownKmsKey(key) ? `${quote(key)} (KMS has no such key)` : quote(key);
  return `${operator} ${named}: expected ${quoteAll(expected)}, actual ${came}: ${holds ? 'holds' : 'does not hold'}`;
}

function quoteAll(values: readonly string[]): string {
  return values.length === 0 ? 'nothing' : values.map(quote).join(' or ');
}

function quote(text: string): string {
  return visible(JSON.stringify(cut(text)));
}

function cut(text: string): string {
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}...` : text;
}

/** JSON leaves C1 controls, line separators and direction marks as they are. */
function visible(json: string): string {
  return json.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
