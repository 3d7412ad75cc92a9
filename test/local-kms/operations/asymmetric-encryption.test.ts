import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  type DecryptCommandInput,
  EncryptCommand,
  type EncryptCommandInput,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const;
const Plaintext = new TextEncoder().encode('a secret');

/** From the API reference: the longest plaintexts. */
const limits = [
  ['RSA_2048', 'RSAES_OAEP_SHA_1', 214],
  ['RSA_2048', 'RSAES_OAEP_SHA_256', 190],
  ['RSA_3072', 'RSAES_OAEP_SHA_1', 342],
  ['RSA_3072', 'RSAES_OAEP_SHA_256', 318],
  ['RSA_4096', 'RSAES_OAEP_SHA_1', 470],
  ['RSA_4096', 'RSAES_OAEP_SHA_256', 446],
] as const;

let kms: LocalKms;
let client: KMSClient;
let symmetric: string;
let signing: string;
const keys = {} as Record<(typeof SPECS)[number], string>;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  const create = async (input: object) =>
    (await client.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? '';
  symmetric = await create({});
  signing = await create({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  for (const KeySpec of SPECS) {
    keys[KeySpec] = await create({ KeySpec, KeyUsage: 'ENCRYPT_DECRYPT' });
  }
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

const encrypt = (input: Partial<EncryptCommandInput>) =>
  client.send(
    new EncryptCommand({
      KeyId: keys.RSA_2048,
      Plaintext,
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      ...input,
    }),
  );

const decrypt = (input: Partial<DecryptCommandInput>) =>
  client.send(
    new DecryptCommand({
      KeyId: keys.RSA_2048,
      EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      CiphertextBlob: undefined,
      ...input,
    }),
  );

async function publicKeyOf(KeyId: string) {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' });
}

describe('Encrypt and Decrypt with RSA', () => {
  it.each(limits)(
    'round trips %s with %s up to %i bytes',
    async (spec, EncryptionAlgorithm, max) => {
      const KeyId = keys[spec];
      for (const length of [1, max]) {
        const long = randomBytes(length);
        const encrypted = await encrypt({ KeyId, Plaintext: long, EncryptionAlgorithm });
        expect(encrypted).toMatchObject({ KeyId, EncryptionAlgorithm });
        const { CiphertextBlob } = encrypted;
        expect(CiphertextBlob).toHaveLength(Number(spec.slice(4)) / 8);
        const decrypted = await decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm });
        expect(decrypted).toMatchObject({ KeyId, EncryptionAlgorithm });
        expect(decrypted).not.toHaveProperty('KeyMaterialId');
        expect(Buffer.from(decrypted.Plaintext ?? [])).toEqual(long);
      }
      const tooLong = encrypt({ KeyId, Plaintext: randomBytes(max + 1), EncryptionAlgorithm });
      expect(await refusalOf(tooLong)).toMatchObject({
        name: 'ValidationException',
        message: `Algorithm ${EncryptionAlgorithm} and key spec ${spec} cannot encrypt data larger than ${max} bytes.`,
      });
    },
  );

  it.each([
    ['RSAES_OAEP_SHA_1', 'sha1'],
    ['RSAES_OAEP_SHA_256', 'sha256'],
  ] as const)('decrypts what others have encrypted: %s', async (EncryptionAlgorithm, oaepHash) => {
    const key = await publicKeyOf(keys.RSA_2048);
    const CiphertextBlob = publicEncrypt({ key, oaepHash }, Plaintext);
    const decrypted = await decrypt({ CiphertextBlob, EncryptionAlgorithm });
    expect(decrypted.Plaintext).toEqual(Plaintext);
  });

  it.skipIf(!haveOpenssl)(
    'decrypts what the openssl command has encrypted (skipped without openssl)',
    async () => {
      const key = join(temporaryDirectory(), 'key.pem');
      const pem = (await publicKeyOf(keys.RSA_3072)).export({ format: 'pem', type: 'spki' });
      writeFileSync(key, pem);
      const CiphertextBlob = openssl(
        [
          ...['pkeyutl', '-encrypt', '-pubin', '-inkey', key],
          ...['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', 'rsa_oaep_md:sha256'],
          ...['-pkeyopt', 'rsa_mgf1_md:sha256'],
        ],
        Plaintext,
      );
      const decrypted = await decrypt({ KeyId: keys.RSA_3072, CiphertextBlob });
      expect(decrypted.Plaintext).toEqual(Plaintext);
    },
  );

  describe('InvalidCiphertextException, and no text', () => {
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const oaep = { oaepHash: 'sha256' } as const;
    it.each<[string, () => Promise<Partial<DecryptCommandInput>>]>([
      [
        'another hash',
        async () => ({
          CiphertextBlob: (await encrypt({})).CiphertextBlob,
          EncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        }),
      ],
      [
        'another key',
        async () => ({ CiphertextBlob: publicEncrypt({ key: foreign, ...oaep }, Plaintext) }),
      ],
      [
        'a label',
        async () => ({
          CiphertextBlob: publicEncrypt(
            { key: await publicKeyOf(keys.RSA_2048), ...oaep, oaepLabel: Buffer.from('x') },
            Plaintext,
          ),
        }),
      ],
      [
        'PKCS #1 v1.5',
        async () => ({
          CiphertextBlob: publicEncrypt(
            { key: await publicKeyOf(keys.RSA_2048), padding: constants.RSA_PKCS1_PADDING },
            Plaintext,
          ),
        }),
      ],
      [
        'a cut ciphertext',
        async () => ({ CiphertextBlob: (await encrypt({})).CiphertextBlob?.slice(1) }),
      ],
      ['zeros', async () => ({ CiphertextBlob: new Uint8Array(256) })],
      [
        'a number above the modulus',
        async () => ({ CiphertextBlob: new Uint8Array(256).fill(0xff) }),
      ],
      ['a longer one', async () => ({ CiphertextBlob: new Uint8Array(512).fill(1) })],
      [
        'an RSA ciphertext under the default algorithm',
        async () => ({
          CiphertextBlob: (await encrypt({})).CiphertextBlob,
          EncryptionAlgorithm: undefined,
        }),
      ],
    ])('for %s', async (_name, input) => {
      const refusal = await refusalOf(decrypt(await input()));
      expect(refusal).toMatchObject({ name: 'InvalidCiphertextException' });
      expect(['', 'UnknownError', 'InvalidCiphertextException']).toContain(refusal.message);
    });
  });

  it.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    [
      'Encrypt without an algorithm',
      () => encrypt({ EncryptionAlgorithm: undefined }),
      'InvalidKeyUsageException',
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    ],
    [
      'Encrypt by an algorithm of another kind of key',
      () => encrypt({ EncryptionAlgorithm: 'SM2PKE' }),
      'InvalidKeyUsageException',
      'Algorithm SM2PKE is incompatible with key spec RSA_2048.',
    ],
    [
      'RSA encryption with a symmetric key',
      () => encrypt({ KeyId: symmetric }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    ],
    [
      'RSA decryption with a symmetric key',
      () => decrypt({ KeyId: symmetric, CiphertextBlob: new Uint8Array(256) }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.',
    ],
    [
      'Encrypt with a signing key',
      () => encrypt({ KeyId: signing }),
      'InvalidKeyUsageException',
      /key usage is SIGN_VERIFY which is not valid for Encrypt\.$/,
    ],
    [
      'Decrypt with a signing key',
      () => decrypt({ KeyId: signing, CiphertextBlob: new Uint8Array(256) }),
      'InvalidKeyUsageException',
      /key usage is SIGN_VERIFY which is not valid for Decrypt\.$/,
    ],
    [
      'Encrypt with a context',
      () => encrypt({ EncryptionContext: { a: 'b' } }),
      'ValidationException',
      /encryption context/,
    ],
    [
      'Decrypt with a context',
      () => decrypt({ EncryptionContext: { a: 'b' }, CiphertextBlob: new Uint8Array(256) }),
      'ValidationException',
      /encryption context/,
    ],
    [
      'Decrypt without a key',
      () => decrypt({ KeyId: undefined, CiphertextBlob: new Uint8Array(256) }),
      'ValidationException',
      /key must be specified/,
    ],
    [
      'data keys',
      () => client.send(new GenerateDataKeyCommand({ KeyId: keys.RSA_2048, KeySpec: 'AES_256' })),
      'InvalidKeyUsageException',
      'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.',
    ],
    [
      'DryRun of too long a plaintext',
      () => encrypt({ Plaintext: randomBytes(191), DryRun: true }),
      'ValidationException',
      /larger than 190 bytes/,
    ],
    [
      'DryRun of a wrong ciphertext',
      () => decrypt({ CiphertextBlob: new Uint8Array(256), DryRun: true }),
      'InvalidCiphertextException',
      /^/,
    ],
    ['DryRun of Encrypt', () => encrypt({ DryRun: true }), 'DryRunOperationException', /./],
  ])('refuses %s', async (_name, call, name, message) => {
    const refusal = await refusalOf(call());
    expect(refusal.name).toBe(name);
    if (message instanceof RegExp) expect(refusal.message).toMatch(message);
    else expect(refusal.message).toBe(message);
  });

  it('takes an empty context for none', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: {} });
    expect((await decrypt({ CiphertextBlob, EncryptionContext: {} })).Plaintext).toEqual(Plaintext);
  });

  it('wants the key that made a symmetric ciphertext, and no RSA key', async () => {
    const { CiphertextBlob } = await encrypt({ KeyId: symmetric, EncryptionAlgorithm: undefined });
    const refusal = await refusalOf(decrypt({ CiphertextBlob, EncryptionAlgorithm: undefined }));
    expect(refusal.name).toBe('IncorrectKeyException');
  });
});
