import { CreateKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { type LocalKms, type LocalKmsOptions, parseSeed } from '../../local-kms/index.ts';
import { createTestClient, startTestKms } from './local-kms.ts';

export const OWNER = '111122223333';
export const FOREIGN = '444455556666';

/** Who plays in the tests of grants. */
export const ARNS = {
  owner: `arn:aws:iam::${OWNER}:root`,
  admin: `arn:aws:iam::${OWNER}:user/admin`,
  app: `arn:aws:sts::${OWNER}:assumed-role/app/session`,
  helper: `arn:aws:iam::${OWNER}:user/helper`,
  bystander: `arn:aws:iam::${OWNER}:user/bystander`,
  foreign: `arn:aws:iam::${FOREIGN}:user/foreign`,
  powerless: `arn:aws:iam::${FOREIGN}:user/powerless`,
} as const;

export const APP_ROLE = `arn:aws:iam::${OWNER}:role/app`;

export type Player = keyof typeof ARNS;

/** IAM policies of the foreign account; nobody of the owner's has any. */
const POLICIES: Partial<Record<Player, unknown>> = {
  foreign: [
    {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
    },
  ],
};

export interface GrantScene {
  readonly kms: LocalKms;
  readonly as: Readonly<Record<Player, KMSClient>>;
  close(): Promise<void>;
}

/** A server with the players of {@link ARNS}. */
export async function startGrantScene(
  overrides: Partial<LocalKmsOptions> = {},
  region = 'us-east-1',
): Promise<GrantScene> {
  const players = Object.keys(ARNS) as Player[];
  const seed = parseSeed(
    JSON.stringify({
      principals: players.map((player) => ({
        accessKeyId: player,
        secretAccessKey: `${player}-secret`,
        arn: ARNS[player],
        ...(POLICIES[player] === undefined ? {} : { policies: POLICIES[player] }),
      })),
    }),
  );
  const kms = await startTestKms({ seed, ...overrides });
  const clients = players.map((player) => [player, clientOf(kms, player, region)] as const);
  return {
    kms,
    as: Object.fromEntries(clients) as Record<Player, KMSClient>,
    async close() {
      for (const [, client] of clients) client.destroy();
      await kms.close();
    },
  };
}

export function clientOf(kms: LocalKms, player: Player, region: string): KMSClient {
  return createTestClient(kms, {
    region,
    credentials: { accessKeyId: player, secretAccessKey: `${player}-secret` },
  });
}

/**
 * Makes a key of the owner's: its root user may do everything but use it, `admin` manages grants,
 * and nobody may use it but by a grant, or by one of the statements.
 */
export async function createGrantedKey(
  { as }: GrantScene,
  options: {
    readonly statements?: readonly unknown[];
    readonly key?: ConstructorParameters<typeof CreateKeyCommand>[0];
  } = {},
): Promise<string> {
  const { KeyMetadata } = await as.owner.send(
    new CreateKeyCommand({
      ...options.key,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          allow(ARNS.owner, ['Put*', 'Get*', 'Describe*', 'Disable*', 'Enable*', 'Schedule*']),
          allow(ARNS.admin, ['CreateGrant', 'ListGrants', 'RevokeGrant', 'Encrypt']),
          ...(options.statements ?? []),
        ],
      }),
    }),
  );
  return KeyMetadata?.Arn ?? '';
}

/** A statement that allows actions, given without `kms:`. */
export function allow(principal: string, actions: readonly string[], condition: unknown = {}) {
  return {
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: actions.map((action) => `kms:${action}`),
    Resource: '*',
    Condition: condition,
  };
}
