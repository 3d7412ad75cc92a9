import type { RequestContext } from './context.ts';
import type { RequestPrincipal } from './principal.ts';
import { type PrincipalArn, parsePrincipalArn, roleOfSession } from './principal-arn.ts';

/**
 * The condition keys of IAM that tell who makes a request, as far as its ARN says: the values of
 * "Information available in all requests" (IAM User Guide).
 *
 * `aws:PrincipalArn` of a role session is the role's ARN, without the path that the session's does
 * not have. `aws:userid` of users and role sessions is missing: IAM's unique ids are not in ARNs.
 */
export function principalContext({ arn, accountId }: RequestPrincipal): RequestContext {
  const principal = parsePrincipalArn(arn);
  return new Map([
    ['aws:PrincipalArn', [(principal && roleOfSession(principal)) ?? arn]],
    ['aws:PrincipalAccount', [accountId]],
    ...(principal === undefined ? [] : kindContext(principal)),
  ]);
}

function kindContext({
  kind,
  names,
  accountId,
}: PrincipalArn): readonly (readonly [string, readonly string[]])[] {
  const type = 'aws:PrincipalType';
  const name = names.at(-1) ?? '';
  switch (kind) {
    case 'root':
      return [
        [type, ['Account']],
        ['aws:userid', [accountId]],
      ];
    case 'user':
      return [
        [type, ['User']],
        ['aws:username', [name]],
      ];
    case 'role':
    case 'assumed-role':
      return [[type, ['AssumedRole']]];
    case 'federated-user':
      return [
        [type, ['FederatedUser']],
        ['aws:userid', [`${accountId}:${name}`]],
      ];
  }
}
