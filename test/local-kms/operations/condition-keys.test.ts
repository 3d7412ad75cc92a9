import { generateKeyPairSync } from 'node:crypto';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateMacCommand,
  type KMSClient,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, startTestKms } from '../../support/local-kms.ts';

const ROOT = 'arn:aws:iam::111122223333:root';
const Message = new Uint8Array(32);
const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
  format: 'der',
  type: 'spki',
});

const RSA_SIGNING = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' } as const;
const RSA_ENCRYPTION = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' } as const;
const HMAC = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;
const AGREEMENT = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const;

const sign = (client: KMSClient, KeyId: string) =>
  client.send(new SignCommand({ KeyId, Message, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }));

type Call = (client: KMSClient, KeyId: string) => Promise<unknown>;

/** What a request says of itself, and what another one would have said. */
const rows: readonly (readonly [
  name: string,
  CreateKeyCommandInput,
  Call,
  string,
  string,
  string,
])[] = [
  ['Sign', RSA_SIGNING, sign, 'kms:SigningAlgorithm', 'RSASSA_PSS_SHA_256', 'RSASSA_PSS_SHA_384'],
  ['Sign', RSA_SIGNING, sign, 'kms:MessageType', 'RAW', 'DIGEST'],
  [
    'Verify',
    RSA_SIGNING,
    (client, KeyId) =>
      client.send(
        new VerifyCommand({
          KeyId,
          Message,
          MessageType: 'DIGEST',
          Signature: Message,
          SigningAlgorithm: 'RSASSA_PSS_SHA_256',
        }),
      ),
    'kms:MessageType',
    'DIGEST',
    'RAW',
  ],
  [
    'GenerateMac',
    HMAC,
    (client, KeyId) =>
      client.send(new GenerateMacCommand({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' })),
    'kms:MacAlgorithm',
    'HMAC_SHA_256',
    'HMAC_SHA_512',
  ],
  [
    'VerifyMac',
    HMAC,
    (client, KeyId) =>
      client.send(
        new VerifyMacCommand({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_256', Mac: Message }),
      ),
    'kms:MacAlgorithm',
    'HMAC_SHA_256',
    'HMAC_SHA_512',
  ],
  [
    'DeriveSharedSecret',
    AGREEMENT,
    (client, KeyId) =>
      client.send(
        new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: peer }),
      ),
    'kms:KeyAgreementAlgorithm',
    'ECDH',
    'DH',
  ],
  [
    'Encrypt',
    RSA_ENCRYPTION,
    (client, KeyId) =>
      client.send(
        new EncryptCommand({
          KeyId,
          Plaintext: Message,
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        }),
      ),
    'kms:EncryptionAlgorithm',
    'RSAES_OAEP_SHA_256',
    'RSAES_OAEP_SHA_1',
  ],
  [
    'GenerateDataKey',
    {},
    (client, KeyId) =>
      client.send(
        new GenerateDataKeyCommand({
          KeyId,
          KeySpec: 'AES_256',
          EncryptionContext: { tenant: 'a' },
        }),
      ),
    'kms:EncryptionContext:tenant',
    'a',
    'b',
  ],
  ...[GenerateDataKeyPairCommand, GenerateDataKeyPairWithoutPlaintextCommand].map(
    (Command) =>
      [
        Command.name,
        {},
        (client: KMSClient, KeyId: string) =>
          client.send(new Command({ KeyId, KeyPairSpec: 'ECC_NIST_P256' })),
        'kms:DataKeyPairSpec',
        'ECC_NIST_P256',
        'RSA_2048',
      ] as const,
  ),
];

let kms: LocalKms;
let client: KMSClient;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

describe('condition keys', () => {
  it.each(rows)('%s (%j): %s', async (_name, kind, call, conditionKey, given, other) => {
    const denied = async (value: string) => {
      const Policy = JSON.stringify({
        Statement: [
          { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
          {
            Effect: 'Deny',
            Principal: { AWS: ROOT },
            NotAction: 'kms:PutKeyPolicy',
            Resource: '*',
            Condition: { StringEquals: { [conditionKey]: value } },
          },
        ],
      });
      const { KeyMetadata } = await client.send(new CreateKeyCommand({ ...kind, Policy }));
      return call(client, KeyMetadata?.KeyId ?? '').then(
        () => false,
        ({ name }: Error) => name === 'AccessDeniedException',
      );
    };
    expect(await denied(given)).toBe(true);
    expect(await denied(other)).toBe(false);
  });
});
