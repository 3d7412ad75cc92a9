import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  CreateKeyCommand,
  DecryptCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type GenerateDataKeyWithoutPlaintextCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const EncryptionContext = { purpose: 'test' };

let kms: LocalKms;
let client: KMSClient;
let KeyId: string;
let materialId: string;
let rsa: string;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  KeyId = KeyMetadata?.Arn ?? '';
  materialId = KeyMetadata?.CurrentKeyMaterialId ?? '';
  const created = await client.send(
    new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
  );
  rsa = created.KeyMetadata?.Arn ?? '';
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

const decrypt = (CiphertextBlob: Uint8Array | undefined, context?: Record<string, string>) =>
  client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));

describe('GenerateDataKeyWithoutPlaintext', () => {
  const generate = (input: Partial<GenerateDataKeyWithoutPlaintextCommandInput>) =>
    client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, ...input }));

  it.each([
    [{ KeySpec: 'AES_256' }, 32],
    [{ KeySpec: 'AES_128' }, 16],
    [{ NumberOfBytes: 1024 }, 1024],
  ] as const)('gives %j as a ciphertext alone', async (size, length) => {
    const { $metadata, CiphertextBlob, ...answer } = await generate({ ...size, EncryptionContext });
    expect(answer).toEqual({ KeyId, KeyMaterialId: materialId });
    expect((await decrypt(CiphertextBlob, EncryptionContext)).Plaintext).toHaveLength(length);
    expect((await refusalOf(decrypt(CiphertextBlob))).name).toBe('InvalidCiphertextException');
  });

  it('makes another key each time', async () => {
    const make = async () => (await generate({ KeySpec: 'AES_256' })).CiphertextBlob;
    const [a, b] = [await decrypt(await make()), await decrypt(await make())];
    expect(a.Plaintext).not.toEqual(b.Plaintext);
  });

  it.each<[Partial<GenerateDataKeyWithoutPlaintextCommandInput>, string]>([
    [{}, 'ValidationException'],
    [{ KeySpec: 'AES_256', NumberOfBytes: 32 }, 'ValidationException'],
    [{ KeySpec: 'AES_256', DryRun: true }, 'DryRunOperationException'],
    [{ EncryptionContext: { a: 'x'.repeat(9000) }, KeySpec: 'AES_256' }, 'ValidationException'],
  ])('refuses %j', async (input, name) => {
    expect((await refusalOf(generate(input))).name).toBe(name);
  });

  it('refuses an RSA key', async () => {
    expect(await refusalOf(generate({ KeyId: rsa, KeySpec: 'AES_256' }))).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    });
  });
});

describe('GenerateDataKeyPairWithoutPlaintext', () => {
  it.each(['RSA_2048', 'ECC_NIST_P384', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const)(
    'gives the private key of %s as a ciphertext alone',
    async (KeyPairSpec) => {
      const { $metadata, PrivateKeyCiphertextBlob, PublicKey, ...answer } = await client.send(
        new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec, EncryptionContext }),
      );
      expect(answer).toEqual({ KeyId, KeyPairSpec, KeyMaterialId: materialId });
      const { Plaintext } = await decrypt(PrivateKeyCiphertextBlob, EncryptionContext);
      const key = createPrivateKey({ key: Plaintext as Buffer, format: 'der', type: 'pkcs8' });
      const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
      expect(spki).toEqual(Buffer.from(PublicKey ?? []));
      const unbound = await refusalOf(decrypt(PrivateKeyCiphertextBlob));
      expect(unbound.name).toBe('InvalidCiphertextException');
    },
  );

  it('refuses an RSA key', async () => {
    const command = new GenerateDataKeyPairWithoutPlaintextCommand({
      KeyId: rsa,
      KeyPairSpec: 'ECC_NIST_P256',
    });
    expect((await refusalOf(client.send(command))).name).toBe('InvalidKeyUsageException');
  });
});
