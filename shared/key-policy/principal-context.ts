import type { RequestContext } from './context.ts';
import { type RequestPrincipal, roleOfSession } from './principal.ts';

const CALLER =
  /^arn:[^:]+:(?:iam|sts)::\d{12}:(root|user|role|assumed-role|federated-user)(?:\/(?:.*\/)?([^/]+))?$/;

/**
 * The condition keys of IAM that tell who makes a request, as far as its ARN says: the values of
 * "Information available in all requests" (IAM User Guide).
 *
 * `aws:PrincipalArn` of a role session is the role's ARN, without the path that the session's does
 * not have. `aws:userid` of users and role sessions is missing: IAM's unique ids are not in ARNs.
 */
export function principalContext({ arn, accountId }: RequestPrincipal): RequestContext {
  const [, kind, name = ''] = CALLER.exec(arn) ?? [];
  return new Map([
    ['aws:PrincipalArn', [roleOfSession(arn) ?? arn]],
    ['aws:PrincipalAccount', [accountId]],
    ...kindContext(kind, name, accountId),
  ]);
}

function kindContext(
  kind: string | undefined,
  name: string,
  accountId: string,
): readonly (readonly [string, readonly string[]])[] {
  const type = 'aws:PrincipalType';
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
    default:
      return [];
  }
}
