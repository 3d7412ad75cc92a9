import { z } from 'zod';
import { parseConfig } from '../shared/config/parse.ts';
import { ConfigError, FormatError } from '../shared/errors.ts';
import { type IdentityPolicy, parseIdentityPolicy } from '../shared/key-policy/index.ts';
import type { Principal } from './principals.ts';

const MAX_SEED_BYTES = 1_048_576;

const ARN =
  /^arn:aws[a-z-]*:(?:iam::(\d{12}):(?:root|(?:user|role)\/[^*?\s]+)|sts::(\d{12}):(?:assumed-role|federated-user)\/[^*?\s]+)$/;

const seed = z.strictObject({
  principals: z
    .array(
      z.strictObject({
        accessKeyId: z.string().regex(/^\w{1,128}$/),
        secretAccessKey: z.string().min(1).max(256),
        sessionToken: z.string().min(1).max(8192).optional(),
        arn: z.string().max(2048).regex(ARN),
        /** IAM policy documents, as objects. */
        policies: z.array(z.record(z.string(), z.unknown())).max(100).optional(),
      }),
    )
    .min(1)
    .max(1000),
});

type SeedPrincipal = z.infer<typeof seed>['principals'][number];

export interface Seed {
  readonly principals: readonly Principal[];
}

/**
 * Reads a seed file, YAML or JSON: what the server has from its start.
 *
 * @throws {ConfigError} CONFIG_TOO_LARGE, CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_INVALID: also
 *   for an access key id that is given twice, or a policy that is malformed.
 */
export function parseSeed(text: string): Seed {
  const { principals } = parseConfig(text, { schema: seed, maxBytes: MAX_SEED_BYTES });
  const ids = principals.map(({ accessKeyId }) => accessKeyId);
  if (new Set(ids).size !== ids.length) {
    throw new ConfigError('CONFIG_INVALID', 'principals: an accessKeyId is given twice');
  }
  return { principals: principals.map(toPrincipal) };
}

function toPrincipal(principal: SeedPrincipal, index: number): Principal {
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
