import { FormatError } from '../errors.ts';
import { parsePolicyJson } from './json.ts';
import { parseConditions } from './parse-conditions.ts';
import { type Members, malformed, membersOf, optionalText, textList } from './parse-element.ts';
import { noPrincipal, parsePrincipals } from './parse-principals.ts';
import type {
  IdentityPolicy,
  KeyPolicy,
  PatternElement,
  PrincipalElement,
  Statement,
} from './policy.ts';
import { compileWildcard } from './wildcard.ts';

const VERSIONS = ['2012-10-17', '2008-10-17'];

const STATEMENT_MEMBERS = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

/**
 * Reads a key policy.
 *
 * Refuses what KMS refuses as malformed, and three things more: an object that gives a member
 * twice, an operator without a condition key, and policy variables (`${...}`), which it would not
 * expand.
 *
 * @throws {FormatError} KEY_POLICY_*, whose message says what is wrong and where; of principals it
 *   has KMS's own words, and the details say where
 */
export function parseKeyPolicy(text: string): KeyPolicy {
  const { id, statements } = parseDocument(text, [
    ...STATEMENT_MEMBERS,
    'Principal',
    'NotPrincipal',
  ]);
  return {
    id,
    statements: statements.map(([where, members]) => ({
      ...parseStatement(where, members),
      principal: parsePrincipalElement(where, members),
    })),
  };
}

/**
 * Reads a policy of an IAM identity: as a key policy, but without principals, and every statement
 * must say which actions and resources it is about.
 *
 * @throws {FormatError} KEY_POLICY_*, whose message says what is wrong and where
 */
export function parseIdentityPolicy(text: string): IdentityPolicy {
  const { id, statements } = parseDocument(text, STATEMENT_MEMBERS);
  return {
    id,
    statements: statements.map(([where, members]) => {
      const statement = parseStatement(where, members);
      if (statement.action === undefined) throw malformed(where, 'Action is missing');
      if (statement.resource === undefined) throw malformed(where, 'Resource is missing');
      return statement;
    }),
  };
}

interface Document {
  readonly id: string | undefined;
  readonly statements: readonly (readonly [where: string, members: Members])[];
}

function parseDocument(text: string, statementMembers: readonly string[]): Document {
  const document = membersOf('The policy', parsePolicyJson(text), ['Version', 'Id', 'Statement']);
  const version = optionalText('Version', document.get('Version'));
  if (version !== undefined && !VERSIONS.includes(version)) {
    throw malformed('Version', `must be one of ${VERSIONS.join(', ')}`);
  }
  const statement = document.get('Statement');
  const list: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  if (statement === undefined || list.length === 0) throw malformed('Statement', 'is missing');
  return {
    id: optionalText('Id', document.get('Id')),
    statements: list.map((item, index) => {
      const where = `Statement[${index}]`;
      return [where, membersOf(where, item, statementMembers)];
    }),
  };
}

function parseStatement(where: string, members: Members): Statement {
  const effect = members.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw malformed(`${where}.Effect`, 'must be Allow or Deny');
  }
  return {
    sid: optionalText(`${where}.Sid`, members.get('Sid')),
    effect,
    action: parsePatterns(where, members, 'Action', compileAction),
    resource: parsePatterns(where, members, 'Resource', compileResource),
    conditions: parseConditions(`${where}.Condition`, members.get('Condition')),
  };
}

/** The element or its `Not` form; both together are malformed. */
function eitherForm(
  where: string,
  members: Members,
  name: string,
): { readonly where: string; readonly negated: boolean; readonly value: unknown } | undefined {
  const negated = members.has(`Not${name}`);
  if (negated && members.has(name)) throw malformed(where, `has both ${name} and Not${name}`);
  const member = negated ? `Not${name}` : name;
  if (!members.has(member)) return undefined;
  return { where: `${where}.${member}`, negated, value: members.get(member) };
}

function parsePatterns(
  where: string,
  members: Members,
  name: 'Action' | 'Resource',
  compile: (where: string, pattern: string) => (text: string) => boolean,
): PatternElement | undefined {
  const element = eitherForm(where, members, name);
  if (element === undefined) return undefined;
  const { negated } = element;
  const patterns = textList(element.where, element.value);
  const tests = patterns.map((pattern) => compile(element.where, pattern));
  return { negated, patterns, fits: (text) => tests.some((matches) => matches(text)) !== negated };
}

/** Names of actions ignore case. */
function compileAction(where: string, pattern: string): (text: string) => boolean {
  if (!/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(pattern)) {
    throw new FormatError('KEY_POLICY_ACTION', `${where}: an action must be * or service:name.`);
  }
  return compileWildcard(pattern.toLowerCase());
}

/**
 * IAM completes an ARN of fewer than six components with wildcards, so that `arn:aws:kms` is every
 * key. One wildcard does, since it also stands for colons.
 */
function compileResource(where: string, pattern: string): (text: string) => boolean {
  if (pattern !== '*' && !pattern.startsWith('arn:')) {
    throw new FormatError('KEY_POLICY_RESOURCE', `${where}: a resource must be * or an ARN.`);
  }
  if (pattern.includes('${')) {
    throw new FormatError('KEY_POLICY_VARIABLE', `${where}: policy variables are not supported.`);
  }
  const asWritten = compileWildcard(pattern);
  if (pattern === '*' || pattern.split(':').length >= 6) return asWritten;
  const completed = compileWildcard(`${pattern}:*`);
  return (text) => asWritten(text) || completed(text);
}

function parsePrincipalElement(where: string, members: Members): PrincipalElement {
  const element = eitherForm(where, members, 'Principal');
  if (element === undefined) throw noPrincipal(where);
  return {
    negated: element.negated,
    principals: parsePrincipals(element.where, element.value),
  };
}
