import { createPublicKey, verify } from 'node:crypto';
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KeyUsageType,
  type KMSClient,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const RSA_SIGNING = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
];
const RSA_ENCRYPTION = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
const MULTI_LISTS = [
  'EncryptionAlgorithms',
  'SigningAlgorithms',
  'MacAlgorithms',
  'KeyAgreementAlgorithms',
] as const;

/** From the API reference: what each spec allows, and the one list that its metadata has. */
const kinds: readonly [KeySpec, KeyUsageType, (typeof MULTI_LISTS)[number], readonly string[]][] = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', ['SYMMETRIC_DEFAULT']],
  ['RSA_2048', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', RSA_ENCRYPTION],
  ['RSA_3072', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', RSA_ENCRYPTION],
  ['RSA_4096', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', RSA_ENCRYPTION],
  ['RSA_2048', 'SIGN_VERIFY', 'SigningAlgorithms', RSA_SIGNING],
  ['RSA_3072', 'SIGN_VERIFY', 'SigningAlgorithms', RSA_SIGNING],
  ['RSA_4096', 'SIGN_VERIFY', 'SigningAlgorithms', RSA_SIGNING],
  ['ECC_NIST_P256', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
  ['ECC_NIST_P384', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_384']],
  ['ECC_NIST_P521', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_512']],
  ['ECC_SECG_P256K1', 'SIGN_VERIFY', 'SigningAlgorithms', ['ECDSA_SHA_256']],
  [
    'ECC_NIST_EDWARDS25519',
    'SIGN_VERIFY',
    'SigningAlgorithms',
    ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
  ],
  ['ECC_NIST_P256', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
  ['ECC_NIST_P384', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
  ['ECC_NIST_P521', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
  ['HMAC_224', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_224']],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_256']],
  ['HMAC_384', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_384']],
  ['HMAC_512', 'GENERATE_VERIFY_MAC', 'MacAlgorithms', ['HMAC_SHA_512']],
  ['SM2', 'ENCRYPT_DECRYPT', 'EncryptionAlgorithms', ['SM2PKE']],
  ['SM2', 'SIGN_VERIFY', 'SigningAlgorithms', ['SM2DSA']],
  ['SM2', 'KEY_AGREEMENT', 'KeyAgreementAlgorithms', ['ECDH']],
];

const ML_DSA = ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const;
const USAGES = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'] as const;

/** What node:crypto says of the public key. */
const publicKeys: Readonly<Record<string, object>> = {
  RSA_2048: { modulusLength: 2048, publicExponent: 65537n },
  RSA_3072: { modulusLength: 3072, publicExponent: 65537n },
  RSA_4096: { modulusLength: 4096, publicExponent: 65537n },
  ECC_NIST_P256: { namedCurve: 'prime256v1' },
  ECC_NIST_P384: { namedCurve: 'secp384r1' },
  ECC_NIST_P521: { namedCurve: 'secp521r1' },
  ECC_SECG_P256K1: { namedCurve: 'secp256k1' },
  ECC_NIST_EDWARDS25519: {},
};

let kms: LocalKms;
let client: KMSClient;
let china: KMSClient;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  china = createTestClient(kms, { region: 'cn-north-1' });
});

afterAll(async () => {
  client.destroy();
  china.destroy();
  await kms.close();
});

const clientFor = (spec: string) => (spec === 'SM2' ? china : client);

describe('key specs', () => {
  it.each(kinds)('creates %s for %s', async (KeySpec, KeyUsage, list, algorithms) => {
    const kmsClient = clientFor(KeySpec);
    const created = await kmsClient.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
    const metadata = created.KeyMetadata;
    expect(metadata).toMatchObject({ KeySpec, CustomerMasterKeySpec: KeySpec, KeyUsage });
    expect(metadata).toMatchObject({ Enabled: true, KeyState: 'Enabled', [list]: algorithms });
    for (const other of MULTI_LISTS) {
      if (other !== list) expect(metadata).not.toHaveProperty(other);
    }
    expect(metadata?.CurrentKeyMaterialId !== undefined).toBe(KeySpec === 'SYMMETRIC_DEFAULT');
    const KeyId = metadata?.Arn;
    const described = await kmsClient.send(new DescribeKeyCommand({ KeyId }));
    expect(described.KeyMetadata).toEqual(metadata);
  });

  it.each(kinds.filter(([spec]) => !/^(?:HMAC|SYMM)/.test(spec)))(
    'gives the public key of %s for %s',
    async (KeySpec, KeyUsage, list, algorithms) => {
      const kmsClient = clientFor(KeySpec);
      const { KeyMetadata } = await kmsClient.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
      const KeyId = KeyMetadata?.Arn;
      const { $metadata, PublicKey, ...answer } = await kmsClient.send(
        new GetPublicKeyCommand({ KeyId }),
      );
      expect(answer).toEqual({
        KeyId,
        KeySpec,
        CustomerMasterKeySpec: KeySpec,
        KeyUsage,
        [list]: algorithms,
      });
      const key = createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' });
      expect(key.export({ format: 'der', type: 'spki' })).toEqual(Buffer.from(PublicKey ?? []));
      if (KeySpec !== 'SM2') expect(key.asymmetricKeyDetails).toEqual(publicKeys[KeySpec]);
    },
  );

  it.each(['HMAC_224', 'HMAC_512'] as const)('has no public key for %s', async (KeySpec) => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' }),
    );
    const command = new GetPublicKeyCommand({ KeyId: KeyMetadata?.KeyId });
    expect((await refusalOf(client.send(command))).name).toBe('UnsupportedOperationException');
  });

  const allowed = new Set([
    ...kinds.map(([spec, usage]) => `${spec} ${usage}`),
    ...ML_DSA.map((spec) => `${spec} SIGN_VERIFY`),
  ]);
  const specs = [...new Set([...kinds.map(([spec]) => spec), ...ML_DSA])];
  const mismatches = specs.flatMap((spec) =>
    USAGES.filter((usage) => !allowed.has(`${spec} ${usage}`)).map(
      (usage) => [spec, usage] as const,
    ),
  );
  it.each(mismatches)('refuses %s for %s', async (KeySpec, KeyUsage) => {
    const command = new CreateKeyCommand({ KeySpec, KeyUsage });
    expect(await refusalOf(clientFor(KeySpec).send(command))).toMatchObject({
      name: 'ValidationException',
      message: `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`,
    });
  });

  it.each(specs.filter((spec) => spec !== 'SYMMETRIC_DEFAULT'))(
    'wants a usage for %s',
    async (KeySpec) => {
      const command = new CreateKeyCommand({ KeySpec });
      expect(await refusalOf(clientFor(KeySpec).send(command))).toMatchObject({
        name: 'ValidationException',
        message:
          'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
      });
    },
  );

  it.each(['us-east-1', 'us-gov-west-1'])('has no SM2 in %s', async (region) => {
    const elsewhere = createTestClient(kms, { region });
    const command = new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' });
    expect(await refusalOf(elsewhere.send(command))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: 'KeySpec SM2 is not supported in this region.',
    });
    elsewhere.destroy();
  });

  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const hasMlDsa = major > 24 || (major === 24 && minor >= 6);
  it.skipIf(hasMlDsa).each(ML_DSA)(
    'says that OpenSSL has no %s (skipped where it has)',
    async (KeySpec) => {
      const command = new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
      expect(await refusalOf(client.send(command))).toMatchObject({
        name: 'UnsupportedOperationException',
        message: expect.stringMatching(/needs OpenSSL 3\.5/),
      });
    },
  );

  it.skipIf(!hasMlDsa).each(ML_DSA)(
    'creates %s (skipped where OpenSSL has none)',
    async (KeySpec) => {
      const { KeyMetadata } = await client.send(
        new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }),
      );
      expect(KeyMetadata).toMatchObject({ SigningAlgorithms: ['ML_DSA_SHAKE_256'] });
      const KeyId = KeyMetadata?.Arn;
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
      const key = createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' });
      expect(key.asymmetricKeyType).toBe(KeySpec.toLowerCase().replaceAll('_', '-'));

      const request = { KeyId, SigningAlgorithm: 'ML_DSA_SHAKE_256' } as const;
      const Message = Buffer.from('a message');
      const { Signature } = await client.send(new SignCommand({ ...request, Message }));
      expect(verify(null, Message, key, Signature ?? new Uint8Array())).toBe(true);
      const verified = await client.send(new VerifyCommand({ ...request, Message, Signature }));
      expect(verified.SignatureValid).toBe(true);
      const other = new VerifyCommand({ ...request, Message: Buffer.from('other'), Signature });
      expect((await refusalOf(client.send(other))).name).toBe('KMSInvalidSignatureException');
      for (const [MessageType, name] of [
        ['DIGEST', 'ValidationException'],
        ['EXTERNAL_MU', 'UnsupportedOperationException'],
      ] as const) {
        const command = new SignCommand({ ...request, Message: new Uint8Array(64), MessageType });
        expect((await refusalOf(client.send(command))).name).toBe(name);
      }
    },
  );
});
