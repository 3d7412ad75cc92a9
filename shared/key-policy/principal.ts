import type { PolicyPrincipal, PrincipalElement } from './policy.ts';
import { parsePrincipalArn, pathlessRole, roleOfSession } from './principal-arn.ts';

/** Who makes a request. */
export interface RequestPrincipal {
  /** Of a user, a role session, a federated user, or an account's root. */
  readonly arn: string;
  readonly accountId: string;
}

/**
 * How a statement's principals meet the caller: `account` if they name only the caller's account.
 * An Allow for the account permits nothing by itself: it lets the account's IAM policies permit.
 */
export type PrincipalMatch = 'direct' | 'account' | 'none';

/** @returns undefined for a text that is no principal of type AWS. */
export function parseAwsPrincipal(text: string): PolicyPrincipal | undefined {
  if (text === '*') return { kind: 'everyone' };
  if (/^\d{12}$/.test(text)) return { kind: 'account', accountId: text };
  const principal = parsePrincipalArn(text);
  if (principal === undefined) return undefined;
  return principal.kind === 'root'
    ? { kind: 'account', accountId: principal.accountId }
    : { kind: 'arn', arn: text, role: pathlessRole(principal) };
}

/** A caller under every name that a policy or a grant may know it by. */
export interface Caller extends RequestPrincipal {
  readonly isRoot: boolean;
  /** For a role session, what {@link roleOfSession} says. */
  readonly role: string | undefined;
}

export function describeCaller({ arn, accountId }: RequestPrincipal): Caller {
  const principal = parsePrincipalArn(arn);
  return {
    arn,
    accountId,
    isRoot: principal?.kind === 'root' && principal.accountId === accountId,
    role: principal && roleOfSession(principal),
  };
}

/** Whether a statement of that effect applies to the caller. */
export function matchPrincipal(
  element: PrincipalElement,
  effect: 'Allow' | 'Deny',
  caller: Caller,
): PrincipalMatch {
  if (element.negated) return isExcluded(element, effect, caller) ? 'none' : 'direct';
  const matches = element.principals.map((principal) => matchOne(principal, caller));
  if (matches.includes('direct')) return 'direct';
  if (!matches.includes('account')) return 'none';
  return effect === 'Deny' || caller.isRoot ? 'direct' : 'account';
}

/**
 * Whether `NotPrincipal` names the caller.
 *
 * A role session is also its role and its account, a user also its account. AWS spares a caller a
 * Deny only if the list holds each of these; an Allow here spares nobody whom it names by any.
 */
function isExcluded(
  { principals }: PrincipalElement,
  effect: 'Allow' | 'Deny',
  caller: Caller,
): boolean {
  const names = (test: (principal: PolicyPrincipal) => boolean): boolean =>
    principals.some((principal) => principal.kind === 'everyone' || test(principal));
  const forms = [names((p) => p.kind === 'account' && p.accountId === caller.accountId)];
  if (!caller.isRoot) forms.push(names((p) => p.kind === 'arn' && p.arn === caller.arn));
  if (caller.role !== undefined) {
    forms.push(names((p) => p.kind === 'arn' && p.role === caller.role));
  }
  return effect === 'Deny' ? forms.every(Boolean) : forms.some(Boolean);
}

function matchOne(principal: PolicyPrincipal, caller: Caller): PrincipalMatch {
  switch (principal.kind) {
    case 'everyone':
      return 'direct';
    case 'account':
      return principal.accountId === caller.accountId ? 'account' : 'none';
    case 'arn':
      return isNamed(principal, caller) ? 'direct' : 'none';
    case 'other':
      return 'none';
  }
}

/** Whether the ARN is the caller's own, or that of the role that the caller is a session of. */
function isNamed(
  { arn, role }: { arn: string; role: string | undefined },
  caller: Caller,
): boolean {
  return arn === caller.arn || (role !== undefined && role === caller.role);
}

/**
 * What a grant can be found by: every grant to a caller, by {@link isGrantee}, has one of the names
 * that {@link granteeNames} gives for the caller.
 */
export function granteeName(granteePrincipal: string): string {
  const grantee = parsePrincipalArn(granteePrincipal);
  return (grantee && pathlessRole(grantee)) ?? granteePrincipal;
}

export function granteeNames(caller: RequestPrincipal): readonly string[] {
  const { arn, role } = describeCaller(caller);
  return role === undefined ? [granteeName(arn)] : [granteeName(arn), role];
}

/**
 * Whether a grant to `granteePrincipal` is one to the caller: to its own ARN, or to the role that
 * it is a session of.
 *
 * A grant to an account is so one to its root user only. What else KMS reads into it is not
 * documented, and a grant to a role or a user says it without a doubt.
 */
export function isGrantee(granteePrincipal: string, { arn, role }: Caller): boolean {
  if (granteePrincipal === arn) return true;
  if (role === undefined) return false;
  const grantee = parsePrincipalArn(granteePrincipal);
  return grantee !== undefined && pathlessRole(grantee) === role;
}
