import type { Principal } from '../principals.ts';

const SESSION = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/;

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
  const session = SESSION.exec(arn);
  if (session !== null) {
    const [, partition, , role] = session;
    const sessionIssuer = {
      type: 'Role',
      arn: `arn:${partition}:iam::${accountId}:role/${role}`,
      accountId,
      userName: role,
    };
    return { type: 'AssumedRole', ...common, sessionContext: { sessionIssuer } };
  }
  const userName = /:user\/(?:[^/]+\/)*([^/]+)$/.exec(arn)?.[1];
  if (userName !== undefined) return { type: 'IAMUser', ...common, userName };
  if (arn.endsWith(':root')) return { type: 'Root', principalId: accountId, ...common };
  return { type: arn.includes(':federated-user/') ? 'FederatedUser' : 'Role', ...common };
}
