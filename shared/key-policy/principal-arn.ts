/** A principal by its ARN. */
export interface PrincipalArn {
  readonly partition: string;
  readonly accountId: string;
  readonly kind: 'root' | 'user' | 'role' | 'assumed-role' | 'federated-user';
  /**
   * What follows the kind, between slashes: the path of a user or a role and then its name, the role
   * and the session of a session. None for the root of an account.
   */
  readonly names: readonly string[];
}

const ARN =
  /^arn:(aws[a-z-]*):(?:iam::(\d{12}):(?:(root)|(user|role)\/([^*?\s]+))|sts::(\d{12}):(assumed-role|federated-user)\/([^*?\s]+))$/;

/**
 * Takes the ARN of an account's root, a user, a role, a role session or a federated user apart.
 *
 * @returns undefined for the ARN of anything else, and for one with a wildcard.
 */
export function parsePrincipalArn(text: string): PrincipalArn | undefined {
  const [match, partition, ofIam, root, kind, path, ofSts, session, sessionPath] =
    ARN.exec(text) ?? [];
  if (match === undefined) return undefined;
  return {
    partition,
    accountId: ofIam ?? ofSts,
    kind: root ?? kind ?? session,
    names: (path ?? sessionPath)?.split('/') ?? [],
  } as PrincipalArn;
}

/** The ARN of a role without its path, which the sessions of the role do not have either. */
export function pathlessRole({ kind, names, ...owner }: PrincipalArn): string | undefined {
  return kind === 'role' && !names.includes('') ? roleArn(owner, names.at(-1)) : undefined;
}

/** The pathless ARN of the role that a role session is one of; undefined for other principals. */
export function roleOfSession({ kind, names, ...owner }: PrincipalArn): string | undefined {
  const isSession = kind === 'assumed-role' && names.length === 2 && !names.includes('');
  return isSession ? roleArn(owner, names[0]) : undefined;
}

function roleArn(
  { partition, accountId }: Pick<PrincipalArn, 'partition' | 'accountId'>,
  name: string | undefined,
): string {
  return `arn:${partition}:iam::${accountId}:role/${name}`;
}
