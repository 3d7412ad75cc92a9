import { z } from 'zod';
import { ConfigError, FormatError } from '../../shared/errors.ts';
import { type IdentityPolicy, parseIdentityPolicy } from '../../shared/key-policy/index.ts';
import type { Principal } from '../principals.ts';

const ARN =
  /^arn:aws[a-z-]*:(?:iam::(\d{12}):(?:root|(?:user|role)\/[^*?\s]+)|sts::(\d{12}):(?:assumed-role|federated-user)\/[^*?\s]+)$/;

export const seedPrincipal = z.strictObject({
  accessKeyId: z.string().regex(/^\w{1,128}$/),
  secretAccessKey: z.string().min(1).max(256),
  sessionToken: z.string().min(1).max(8192).optional(),
  arn: z.string().max(2048).regex(ARN),
  /** IAM policy documents, as objects. */
  policies: z.array(z.record(z.string(), z.unknown())).max(100).optional(),
});

/** @throws {ConfigError} CONFIG_INVALID for a policy that is malformed. */
export function createPrincipal(
  principal: z.infer<typeof seedPrincipal>,
  index: number,
): Principal {
  const { accessKeyId, secretAccessKey, sessionToken, arn, policies = [] } = principal;
  const match = ARN.exec(arn);
  return {
    accessKeyId,
    credentials: { secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    identity: { arn, accountId: match?.[1] ?? match?.[2] ?? '' },
    policies: new Map(
      policies.map((policy, i) => {
        const name = `principals.${index}.policies.${i}`;
        return [name, parsePolicy(policy, name)] as const;
      }),
    ),
  };
}

function parsePolicy(policy: Readonly<Record<string, unknown>>, name: string): IdentityPolicy {
  try {
    return parseIdentityPolicy(JSON.stringify(policy));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ConfigError('CONFIG_INVALID', `${name}: ${error.message}`);
  }
}
