import { z } from 'zod';
import { ConfigError, FormatError } from '../../shared/errors.ts';
import {
  type IdentityPolicy,
  parseIdentityPolicy,
  parsePrincipalArn,
} from '../../shared/key-policy/index.ts';
import type { Principal } from '../principals.ts';

export const seedPrincipal = z.strictObject({
  accessKeyId: z.string().regex(/^\w{1,128}$/),
  secretAccessKey: z.string().min(1).max(256),
  sessionToken: z.string().min(1).max(8192).optional(),
  arn: z
    .string()
    .max(2048)
    .refine((arn) => parsePrincipalArn(arn) !== undefined, 'not the ARN of a principal'),
  /** IAM policy documents, as objects. */
  policies: z.array(z.record(z.string(), z.unknown())).max(100).optional(),
});

/** @throws {ConfigError} CONFIG_INVALID for a policy that is malformed. */
export function createPrincipal(
  principal: z.infer<typeof seedPrincipal>,
  index: number,
): Principal {
  const { accessKeyId, secretAccessKey, sessionToken, arn, policies = [] } = principal;
  return {
    accessKeyId,
    credentials: { secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    identity: { arn, accountId: parsePrincipalArn(arn)?.accountId ?? '' },
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
