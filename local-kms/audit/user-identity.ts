import { parsePrincipalArn, roleOfSession } from '../../shared/key-policy/index.ts';
import type { Principal } from '../principals.ts';

type UserIdentity = ReturnType<typeof createUserIdentity>;

/** By principal, of which a server has the same ones as long as it runs. */
const described = new WeakMap<Principal, UserIdentity>();

/** The `userIdentity` of a CloudTrail event, as far as an ARN and an access key id tell. */
export function describeUserIdentity(principal: Principal): UserIdentity {
  const known = described.get(principal) ?? createUserIdentity(principal);
  described.set(principal, known);
  return known;
}

function createUserIdentity({ identity, accessKeyId }: Principal) {
  const { arn, accountId } = identity;
  const common = { arn, accountId, accessKeyId };
  const principal = parsePrincipalArn(arn);
  switch (principal?.kind) {
    case 'assumed-role': {
      const role = roleOfSession(principal);
      const issuer = { type: 'Role', arn: role, accountId, userName: principal.names[0] };
      return { type: 'AssumedRole', ...common, sessionContext: { sessionIssuer: issuer } };
    }
    case 'user':
      return { type: 'IAMUser', ...common, userName: principal.names.at(-1) };
    case 'root':
      return { type: 'Root', principalId: accountId, ...common };
    case 'federated-user':
      return { type: 'FederatedUser', ...common };
    default:
      return { type: 'Role', ...common };
  }
}
