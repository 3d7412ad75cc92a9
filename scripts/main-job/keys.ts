import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  type KMSClient,
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

/** Creates the keys of the run, as the account's administrator. */
export async function createKeys(
  administrator: KMSClient,
  registers: MeasuredRegisters,
): Promise<MainJobKeys> {
  const create = async (alias: string, input: CreateKeyCommandInput): Promise<string> => {
    const { KeyMetadata } = await administrator.send(new CreateKeyCommand(input));
    const arn = KeyMetadata?.Arn ?? '';
    await administrator.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn }));
    return arn;
  };
  return {
    agreement: await create('alias/main-job-agreement', {
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'KEY_AGREEMENT',
      Policy: attestedKeyPolicy(['kms:DeriveSharedSecret'], registers),
    }),
    wrapping: await create('alias/main-job-wrapping', {
      Policy: attestedKeyPolicy(['kms:GenerateDataKeyPair', 'kms:Decrypt'], registers),
    }),
  };
}
