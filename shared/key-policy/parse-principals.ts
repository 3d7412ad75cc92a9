import { FormatError } from '../errors.ts';
import type { PolicyPrincipal } from './policy.ts';
import { parseAwsPrincipal } from './principal.ts';

const SERVICE = /^(?:[a-z0-9-]+\.)+amazonaws\.com(?:\.cn)?$/;
const FEDERATED =
  /^(?:arn:aws[a-z-]*:iam::\d{12}:(?:saml|oidc)-provider\/[^*?\s]+|(?:[a-z0-9-]+\.)+[a-z]+)$/;

/**
 * Reads the value of `Principal` or `NotPrincipal`, with the two complaints that KMS has.
 *
 * `CanonicalUser` and IAM's unique ids (`AIDA...`) are no principals of a key policy.
 *
 * @throws {FormatError} KEY_POLICY_PRINCIPAL, whose details say where
 */
export function parsePrincipals(where: string, value: unknown): readonly PolicyPrincipal[] {
  if (value === '*') return [{ kind: 'everyone' }];
  const principals = parseTypes(where, value);
  if (principals.length === 0) throw noPrincipal(where);
  return principals;
}

/** KMS's complaint of a statement that is about nobody. */
export function noPrincipal(where: string): FormatError {
  return refusal(where, 'Policy contains a statement with no principal.');
}

function parseTypes(where: string, value: unknown): readonly PolicyPrincipal[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(where);
  return Object.entries(value).flatMap(([type, names]) => {
    const list: readonly unknown[] = Array.isArray(names) ? names : [names];
    return list.map((name) => {
      const principal = typeof name === 'string' ? parsePrincipal(type, name) : undefined;
      if (principal === undefined) throw invalid(where);
      return principal;
    });
  });
}

function parsePrincipal(type: string, name: string): PolicyPrincipal | undefined {
  switch (type) {
    case 'AWS':
      return parseAwsPrincipal(name);
    case 'Service':
      return SERVICE.test(name) ? { kind: 'other' } : undefined;
    case 'Federated':
      return FEDERATED.test(name) ? { kind: 'other' } : undefined;
    default:
      return undefined;
  }
}

function invalid(where: string): FormatError {
  return refusal(where, 'Policy contains a statement with one or more invalid principals.');
}

function refusal(at: string, message: string): FormatError {
  return new FormatError('KEY_POLICY_PRINCIPAL', message, { details: { at } });
}
