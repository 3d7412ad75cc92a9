import type { PolicyPrincipal, PrincipalElement } from './policy.ts';

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

const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;
const NAMED =
  /^arn:aws[a-z-]*:(?:iam::\d{12}:(?:user|role)|sts::\d{12}:(?:assumed-role|federated-user))\/[^*?\s]+$/;

/** @returns undefined for a text that is no principal of type AWS. */
export function parseAwsPrincipal(text: string): PolicyPrincipal | undefined {
  if (text === '*') return { kind: 'everyone' };
  const accountId = /^\d{12}$/.test(text) ? text : ROOT.exec(text)?.[1];
  if (accountId !== undefined) return { kind: 'account', accountId };
  return NAMED.test(text) ? { kind: 'arn', arn: text } : undefined;
}

export function isRootUser({ arn, accountId }: RequestPrincipal): boolean {
  return ROOT.exec(arn)?.[1] === accountId;
}

/** Whether a statement of that effect applies to the caller. */
export function matchPrincipal(
  element: PrincipalElement,
  effect: 'Allow' | 'Deny',
  caller: RequestPrincipal,
): PrincipalMatch {
  if (element.negated) return isExcluded(element, effect, caller) ? 'none' : 'direct';
  const matches = element.principals.map((principal) => matchOne(principal, caller));
  if (matches.includes('direct')) return 'direct';
  if (!matches.includes('account')) return 'none';
  return effect === 'Deny' || isRootUser(caller) ? 'direct' : 'account';
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
  caller: RequestPrincipal,
): boolean {
  const names = (test: (principal: PolicyPrincipal) => boolean): boolean =>
    principals.some((principal) => principal.kind === 'everyone' || test(principal));
  const forms = [names((p) => p.kind === 'account' && p.accountId === caller.accountId)];
  if (!isRootUser(caller)) forms.push(names((p) => p.kind === 'arn' && p.arn === caller.arn));
  if (parseSession(caller.arn) !== undefined) {
    forms.push(names((p) => p.kind === 'arn' && isRoleOf(p.arn, caller.arn)));
  }
  return effect === 'Deny' ? forms.every(Boolean) : forms.some(Boolean);
}

function matchOne(principal: PolicyPrincipal, caller: RequestPrincipal): PrincipalMatch {
  switch (principal.kind) {
    case 'everyone':
      return 'direct';
    case 'account':
      return principal.accountId === caller.accountId ? 'account' : 'none';
    case 'arn':
      return principal.arn === caller.arn || isRoleOf(principal.arn, caller.arn)
        ? 'direct'
        : 'none';
    case 'other':
      return 'none';
  }
}

/** The ARN of the role that a role session is one of; undefined for any other principal. */
export function roleOfSession(arn: string): string | undefined {
  const role = parseSession(arn);
  return role && `arn:${role.partition}:iam::${role.accountId}:role/${role.name}`;
}

interface Role {
  readonly partition: string;
  readonly accountId: string;
  readonly name: string;
}

/** A session's ARN has the role's name without its path, so that only the name can be compared. */
function isRoleOf(roleArn: string, sessionArn: string): boolean {
  const role = parseRole(roleArn);
  const session = parseSession(sessionArn);
  return (
    role !== undefined &&
    session !== undefined &&
    role.partition === session.partition &&
    role.accountId === session.accountId &&
    role.name === session.name
  );
}

function parseRole(arn: string): Role | undefined {
  return parseForm(/^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:[^/]+\/)*([^/]+)$/, arn);
}

function parseSession(arn: string): Role | undefined {
  return parseForm(/^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/, arn);
}

function parseForm(form: RegExp, arn: string): Role | undefined {
  const [, partition, accountId, name] = form.exec(arn) ?? [];
  return partition === undefined || accountId === undefined || name === undefined
    ? undefined
    : { partition, accountId, name };
}
