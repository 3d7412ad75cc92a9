import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  type KMSClient,
  NotFoundException,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { ACCOUNT, type MeasuredRegisters, ROLE_ARN } from '../stack/identity.ts';

const ADMINISTRATION = [
  'kms:CreateAlias',
  'kms:DescribeKey',
  'kms:GetPublicKey',
  'kms:GetKeyPolicy',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
];

/** Lets the parent's role use a key from inside of the measured enclave, and nobody otherwise. */
export function attestedKeyPolicy(
  actions: readonly string[],
  registers: MeasuredRegisters,
): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Administration',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: ADMINISTRATION,
        Resource: '*',
      },
      {
        Sid: 'OnlyTheMeasuredEnclave',
        Effect: 'Allow',
        Principal: { AWS: ROLE_ARN },
        Action: actions,
        Resource: '*',
        Condition: {
          StringEqualsIgnoreCase: {
            'kms:RecipientAttestation:ImageSha384': registers[0],
            'kms:RecipientAttestation:PCR3': registers[3],
          },
        },
      },
    ],
  });
}

export interface MainJobKeys {
  /** ECC_NIST_P256 for KEY_AGREEMENT. */
  readonly agreement: string;
  /** SYMMETRIC_DEFAULT. */
  readonly wrapping: string;
}

/**
 * Makes sure of the keys of the run, as the account's administrator: a directory that is kept has
 * them from an earlier run, perhaps with the policy of another build.
 */
export async function ensureKeys(
  administrator: KMSClient,
  registers: MeasuredRegisters,
): Promise<MainJobKeys> {
  const ensure = async (
    alias: string,
    input: CreateKeyCommandInput & { readonly Policy: string },
  ): Promise<string> => {
    const existing = await findKey(administrator, alias);
    if (existing !== undefined) {
      const { Policy } = input;
      await administrator.send(new PutKeyPolicyCommand({ KeyId: existing, Policy }));
      return existing;
    }
    const { KeyMetadata } = await administrator.send(new CreateKeyCommand(input));
    const arn = KeyMetadata?.Arn ?? '';
    await administrator.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn }));
    return arn;
  };
  return {
    agreement: await ensure('alias/main-job-agreement', {
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'KEY_AGREEMENT',
      Policy: attestedKeyPolicy(['kms:DeriveSharedSecret'], registers),
    }),
    wrapping: await ensure('alias/main-job-wrapping', {
      Policy: attestedKeyPolicy(['kms:GenerateDataKeyPair', 'kms:Decrypt'], registers),
    }),
  };
}

async function findKey(administrator: KMSClient, alias: string): Promise<string | undefined> {
  try {
    const { KeyMetadata } = await administrator.send(new DescribeKeyCommand({ KeyId: alias }));
    return KeyMetadata?.Arn;
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}
