import {
  constants,
  createHmac,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  type KeySpec,
  type KMSClient,
  ListKeyRotationsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import {
  createClockedClient,
  createTestClock,
  DAY_SECONDS,
  startClockedKms,
} from '../../support/clocked-kms.ts';
import {
  createOwnKeyPair,
  importMaterial,
  type KeyPairSpec,
  OAEP_SHA_256,
  RSA_AES_SHA_256,
  wrap,
} from '../../support/key-import.ts';
import { refusalOf } from '../../support/local-kms.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const HOUR_SECONDS = 3600;

const clock = createTestClock();

let kms: LocalKms;
let client: KMSClient;
let european: KMSClient;
let chinese: KMSClient;

beforeAll(async () => {
  kms = await startClockedKms(clock);
  client = createClockedClient(clock, kms);
  european = createClockedClient(clock, kms, { region: 'eu-west-1' });
  chinese = createClockedClient(clock, kms, { region: 'cn-north-1' });
});

afterAll(async () => {
  for (const one of [client, european, chinese]) one.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput = {}, by = client): Promise<string> {
  const { KeyMetadata } = await by.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...input }));
  return KeyMetadata?.Arn ?? '';
}

const idOf = (arn: string): string => arn.replace(/^.*\//, '');

const describeKey = async (KeyId: string, by = client) => {
  const { KeyMetadata } = await by.send(new DescribeKeyCommand({ KeyId }));
  if (KeyMetadata === undefined) throw new Error('DescribeKey answers with KeyMetadata');
  return KeyMetadata;
};

const remove = (KeyId: string, KeyMaterialId?: string, by = client) =>
  by.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId }));

const materialsOf = async (KeyId: string, by = client) => {
  const { Rotations } = await by.send(
    new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  );
  return Rotations ?? [];
};

const encrypt = async (KeyId: string, by = client) => {
  const { CiphertextBlob } = await by.send(
    new EncryptCommand({ KeyId, Plaintext: Buffer.from('plain') }),
  );
  return CiphertextBlob as Uint8Array;
};

const decrypt = async (CiphertextBlob: Uint8Array, by = client) => {
  const { Plaintext } = await by.send(new DecryptCommand({ CiphertextBlob }));
  return Buffer.from(Plaintext ?? []).toString();
};

const spkiKey = (spki: Uint8Array) =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });

describe('a key without material', () => {
  it('is pending import, and has no material id', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }));
    expect(KeyMetadata).toMatchObject({
      KeyState: 'PendingImport',
      Enabled: false,
      Origin: 'EXTERNAL',
    });
    for (const member of ['CurrentKeyMaterialId', 'ExpirationModel', 'ValidTo']) {
      expect(KeyMetadata).not.toHaveProperty(member);
    }
    expect(await refusalOf(encrypt(KeyMetadata?.KeyId ?? ''))).toMatchObject({
      name: 'KMSInvalidStateException',
      message: `${KeyMetadata?.Arn} is pending import.`,
    });
    expect(await materialsOf(KeyMetadata?.KeyId ?? '')).toEqual([]);
  });

  it.each(['AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const)(
    'is not of origin %s',
    async (Origin) => {
      expect((await refusalOf(createKey({ Origin }))).name).toBe('UnsupportedOperationException');
    },
  );
});

describe('GetParametersForImport', () => {
  it.each([
    ['RSA_2048', 2048],
    ['RSA_3072', 3072],
    ['RSA_4096', 4096],
  ] as const)('gives a wrapping key of %s and a token for a day', async (spec, bits) => {
    const KeyId = await createKey();
    const { PublicKey, ...answer } = await client.send(
      new GetParametersForImportCommand({
        KeyId: idOf(KeyId),
        WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
        WrappingKeySpec: spec,
      }),
    );
    expect(answer).toMatchObject({
      KeyId,
      ParametersValidTo: new Date(clock.now() + DAY_SECONDS * 1000),
    });
    expect(answer.ImportToken?.length).toBeLessThanOrEqual(6144);
    expect(spkiKey(PublicKey ?? new Uint8Array()).asymmetricKeyDetails?.modulusLength).toBe(bits);
  });

  it('refuses what cannot wrap the material of the key', async () => {
    const KeyId = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const call = client.send(new GetParametersForImportCommand({ KeyId, ...OAEP_SHA_256 }));
    expect((await refusalOf(call)).name).toBe('UnsupportedOperationException');
  });

  it('refuses a key with material of KMS', async () => {
    const KeyId = await createKey({ Origin: 'AWS_KMS' });
    const call = client.send(new GetParametersForImportCommand({ KeyId, ...OAEP_SHA_256 }));
    expect(await refusalOf(call)).toMatchObject({
      name: 'UnsupportedOperationException',
      message: `${KeyId} origin is AWS_KMS which is not valid for this operation.`,
    });
  });

  it('refuses a key that is to be deleted', async () => {
    const KeyId = await createKey();
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    const call = client.send(new GetParametersForImportCommand({ KeyId, ...OAEP_SHA_256 }));
    expect(await refusalOf(call)).toMatchObject({
      name: 'KMSInvalidStateException',
      message: `${KeyId} is pending deletion.`,
    });
  });
});

describe('ImportKeyMaterial', () => {
  it.each(['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const)(
    'makes a symmetric key usable, wrapped by %s',
    async (WrappingAlgorithm) => {
      const KeyId = await createKey();
      const answer = await importMaterial(client, KeyId, randomBytes(32), { WrappingAlgorithm });
      expect(answer).toMatchObject({
        KeyId,
        KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(await describeKey(KeyId)).toMatchObject({
        KeyState: 'Enabled',
        Enabled: true,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        CurrentKeyMaterialId: answer.KeyMaterialId,
      });
      expect(await describeKey(KeyId)).not.toHaveProperty('ValidTo');
      expect(await decrypt(await encrypt(KeyId))).toBe('plain');
    },
  );

  it.each([
    ['HMAC_224', 28, 'sha224'],
    ['HMAC_256', 32, 'sha256'],
    ['HMAC_384', 48, 'sha384'],
    ['HMAC_512', 64, 'sha512'],
  ] as const)('makes MACs with imported material of %s', async (KeySpec, length, hash) => {
    const KeyId = await createKey({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
    const material = randomBytes(length);
    expect(await importMaterial(client, KeyId, material)).not.toHaveProperty('KeyMaterialId');
    const Message = Buffer.from('message');
    const { Mac } = await client.send(
      new GenerateMacCommand({
        KeyId,
        Message,
        MacAlgorithm: `HMAC_SHA_${length * 8 === 224 ? 224 : length * 8}` as 'HMAC_SHA_256',
      }),
    );
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac(hash, material).update(Message).digest());
  });

  it.each<[KeyPairSpec & KeySpec, SigningAlgorithmSpec, string | null, typeof OAEP_SHA_256]>([
    ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', OAEP_SHA_256],
    ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', OAEP_SHA_256],
    ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', RSA_AES_SHA_256],
    ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', OAEP_SHA_256],
    ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', null, OAEP_SHA_256],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', RSA_AES_SHA_256],
    [
      'RSA_3072',
      'RSASSA_PKCS1_V1_5_SHA_256',
      'sha256',
      { WrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_1', WrappingKeySpec: 'RSA_3072' },
    ],
  ])('signs with an imported private key of %s', async (KeySpec, SigningAlgorithm, hash, how) => {
    const own = createOwnKeyPair(KeySpec);
    const KeyId = await createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
    expect(await importMaterial(client, KeyId, own.privateKey, how)).toMatchObject({ KeyId });
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(own.publicKey);
    const Message = Buffer.from('message');
    const { Signature } = await client.send(new SignCommand({ KeyId, Message, SigningAlgorithm }));
    expect(verify(hash, Message, spkiKey(own.publicKey), Signature as Uint8Array)).toBe(true);
  });

  it('decrypts with an imported RSA key', async () => {
    const own = createOwnKeyPair('RSA_2048');
    const KeyId = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await importMaterial(client, KeyId, own.privateKey, RSA_AES_SHA_256);
    const CiphertextBlob = publicEncrypt(
      {
        key: spkiKey(own.publicKey),
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: 'sha256',
      },
      Buffer.from('plain'),
    );
    const { Plaintext } = await client.send(
      new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
    );
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('plain');
  });

  it('derives with an imported key for key agreement, and says where it is from', async () => {
    const [own, peer] = [createOwnKeyPair('ECC_NIST_P256'), createOwnKeyPair('ECC_NIST_P256')];
    const [a, b] = await Promise.all(
      [own, peer].map(async ({ privateKey }) => {
        const KeyId = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
        await importMaterial(client, KeyId, privateKey);
        return KeyId;
      }),
    );
    const derive = (KeyId: string | undefined, PublicKey: Uint8Array) =>
      client.send(
        new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' }),
      );
    const one = await derive(a, peer.publicKey);
    expect(one.KeyOrigin).toBe('EXTERNAL');
    expect(one.SharedSecret).toEqual((await derive(b, own.publicKey)).SharedSecret);
  });

  it('imports SM2 in China', async () => {
    const own = createOwnKeyPair('SM2');
    const KeyId = await createKey({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, chinese);
    await importMaterial(chinese, KeyId, own.privateKey);
    const { PublicKey } = await chinese.send(new GetPublicKeyCommand({ KeyId }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(own.publicKey);
    const signed = { KeyId, Message: Buffer.from('message'), SigningAlgorithm: 'SM2DSA' } as const;
    const { Signature } = await chinese.send(new SignCommand(signed));
    const { SignatureValid } = await chinese.send(new VerifyCommand({ ...signed, Signature }));
    expect(SignatureValid).toBe(true);
  });

  it('says when material expires', async () => {
    const KeyId = await createKey();
    const ValidTo = new Date(clock.now() + DAY_SECONDS * 1000);
    await importMaterial(client, KeyId, randomBytes(32), { ExpirationModel: undefined, ValidTo });
    expect(await describeKey(KeyId)).toMatchObject({
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo,
    });
  });

  it('changes the expiration by another import of the same material', async () => {
    const KeyId = await createKey();
    const material = randomBytes(32);
    await importMaterial(client, KeyId, material, { KeyMaterialDescription: 'mine' });
    const ValidTo = new Date(clock.now() + DAY_SECONDS * 1000);
    await importMaterial(client, KeyId, material, {
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo,
    });
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Enabled', ValidTo });
    expect(await materialsOf(KeyId)).toMatchObject([{ KeyMaterialDescription: 'mine', ValidTo }]);
    await importMaterial(client, KeyId, material);
    expect(await describeKey(KeyId)).not.toHaveProperty('ValidTo');
  });

  it('leaves a disabled key disabled', async () => {
    const KeyId = await createKey();
    const material = randomBytes(32);
    await importMaterial(client, KeyId, material);
    await client.send(new DisableKeyCommand({ KeyId }));
    await importMaterial(client, KeyId, material);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Disabled' });
  });

  it('takes a token after a restart', async () => {
    const store = { kind: 'directory', directory: temporaryDirectory() } as const;
    const first = await startClockedKms(clock, { store });
    const before = createClockedClient(clock, first);
    const KeyId = await createKey({}, before);
    const { ImportToken, PublicKey } = await before.send(
      new GetParametersForImportCommand({ KeyId, ...OAEP_SHA_256 }),
    );
    before.destroy();
    await first.close();

    const second = await startClockedKms(clock, { store });
    const after = createClockedClient(clock, second);
    try {
      await after.send(
        new ImportKeyMaterialCommand({
          KeyId,
          ImportToken,
          EncryptedKeyMaterial: wrap(
            PublicKey as Uint8Array,
            'RSAES_OAEP_SHA_256',
            randomBytes(32),
          ),
          ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        }),
      );
      expect(await decrypt(await encrypt(KeyId, after), after)).toBe('plain');
    } finally {
      after.destroy();
      await second.close();
    }
  });
});

describe('refusals of ImportKeyMaterial', () => {
  interface Prepared {
    readonly KeyId: string;
    readonly ImportToken: Uint8Array;
    readonly PublicKey: Uint8Array;
  }

  async function prepare(KeyId: string, wrapping = OAEP_SHA_256): Promise<Prepared> {
    const { ImportToken, PublicKey } = await client.send(
      new GetParametersForImportCommand({ KeyId, ...wrapping }),
    );
    return {
      KeyId,
      ImportToken: ImportToken ?? new Uint8Array(),
      PublicKey: PublicKey ?? new Uint8Array(),
    };
  }

  const submit = (
    { KeyId, ImportToken, PublicKey }: Prepared,
    changes: Partial<ImportKeyMaterialCommandInput> = {},
    material: Uint8Array = randomBytes(32),
  ) =>
    client.send(
      new ImportKeyMaterialCommand({
        KeyId,
        ImportToken,
        EncryptedKeyMaterial: wrap(PublicKey, 'RSAES_OAEP_SHA_256', material),
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
        ...changes,
      }),
    );

  // Refused imports change nothing: they can share a key.
  let shared: Prepared;

  beforeAll(async () => {
    shared = await prepare(await createKey());
  });

  const inDays = (days: number): Date => new Date(clock.now() + days * DAY_SECONDS * 1000);

  it.each<[string, () => Partial<ImportKeyMaterialCommandInput>, string, string | RegExp]>([
    [
      'no expiration model and no date',
      () => ({ ExpirationModel: undefined }),
      'ValidationException',
      'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    ],
    [
      'a date for material that does not expire',
      () => ({ ValidTo: inDays(1) }),
      'ValidationException',
      /must not be set/,
    ],
    [
      'a date that has passed',
      () => ({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: clock.date }),
      'ValidationException',
      /in the future/,
    ],
    [
      'a date beyond 365 days',
      () => ({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: inDays(365.1) }),
      'ValidationException',
      /within 365 days/,
    ],
    [
      'an unknown expiration model',
      () => ({ ExpirationModel: 'NEVER' as 'KEY_MATERIAL_EXPIRES' }),
      'ValidationException',
      "1 validation error detected: Value 'NEVER' at 'expirationModel' failed to satisfy constraint: Member must satisfy enum value set: [KEY_MATERIAL_EXPIRES, KEY_MATERIAL_DOES_NOT_EXPIRE]",
    ],
    [
      'an id for new material',
      () => ({ ImportType: 'NEW_KEY_MATERIAL', KeyMaterialId: '0'.repeat(64) }),
      'ValidationException',
      /KeyMaterialId/,
    ],
    [
      'existing material for a key that never had any',
      () => ({ ImportType: 'EXISTING_KEY_MATERIAL' }),
      'IncorrectKeyMaterialException',
      /./,
    ],
    [
      'the id of other material',
      () => ({ KeyMaterialId: '0'.repeat(64) }),
      'IncorrectKeyMaterialException',
      /./,
    ],
    [
      'a token of nobody',
      () => ({ ImportToken: randomBytes(1500) }),
      'InvalidImportTokenException',
      /./,
    ],
    [
      'a token that is too short to be one',
      () => ({ ImportToken: new Uint8Array(1) }),
      'InvalidImportTokenException',
      /./,
    ],
    [
      'junk for wrapped material',
      () => ({ EncryptedKeyMaterial: randomBytes(256) }),
      'InvalidCiphertextException',
      /./,
    ],
    [
      'wrapped material of another length',
      () => ({ EncryptedKeyMaterial: randomBytes(255) }),
      'InvalidCiphertextException',
      /./,
    ],
  ])('%s', async (_, changes, name, message) => {
    const refusal = await refusalOf(submit(shared, changes()));
    expect(refusal.name).toBe(name);
    if (typeof message === 'string') expect(refusal.message).toBe(message);
    else expect(refusal.message).toMatch(message);
    expect(await describeKey(shared.KeyId)).toMatchObject({ KeyState: 'PendingImport' });
  });

  it('a token of another key', async () => {
    const KeyId = await createKey();
    const refusal = await refusalOf(submit({ ...shared, KeyId }));
    expect(refusal.name).toBe('InvalidImportTokenException');
  });

  it('material wrapped under the wrapping key of another token', async () => {
    const { PublicKey } = await prepare(shared.KeyId);
    const refusal = await refusalOf(submit({ ...shared, PublicKey }));
    expect(refusal.name).toBe('InvalidCiphertextException');
  });

  it('another algorithm than the token is for', async () => {
    const EncryptedKeyMaterial = wrap(shared.PublicKey, 'RSAES_OAEP_SHA_1', randomBytes(32));
    const refusal = await refusalOf(submit(shared, { EncryptedKeyMaterial }));
    expect(refusal.name).toBe('InvalidCiphertextException');
  });

  it('a key with material of KMS', async () => {
    const KeyId = await createKey({ Origin: 'AWS_KMS' });
    expect(await refusalOf(submit({ ...shared, KeyId }))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: `${KeyId} origin is AWS_KMS which is not valid for this operation.`,
    });
  });

  it.each([16, 31, 33])('symmetric material of %i bytes', async (length) => {
    const refusal = await refusalOf(submit(shared, {}, randomBytes(length)));
    expect(refusal.name).toBe('IncorrectKeyMaterialException');
  });

  const EC = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const;

  it('a private key of another curve', async () => {
    const { privateKey } = createOwnKeyPair('ECC_SECG_P256K1');
    const refusal = await refusalOf(importMaterial(client, await createKey(EC), privateKey));
    expect(refusal.name).toBe('IncorrectKeyMaterialException');
  });

  it.each<Partial<ImportKeyMaterialCommandInput>>([
    { ImportType: 'NEW_KEY_MATERIAL' },
    { KeyMaterialDescription: 'mine' },
    { KeyMaterialId: '0'.repeat(64) },
  ])('%j for a key that is not symmetric', async (changes) => {
    const KeyId = await createKey(EC);
    const refusal = await refusalOf(submit({ ...shared, KeyId }, changes));
    expect(refusal.name).toBe('UnsupportedOperationException');
  });

  it.each<[string, CreateKeyCommandInput, () => Uint8Array]>([
    ['a symmetric key', {}, () => randomBytes(32)],
    [
      'an HMAC key',
      { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      () => randomBytes(32),
    ],
    ['an EC key', EC, () => createOwnKeyPair('ECC_NIST_P256').privateKey],
  ])('other material for %s that had some', async (_, input, material) => {
    const KeyId = await createKey(input);
    const first = material();
    await importMaterial(client, KeyId, first);
    await remove(KeyId);
    const refusal = await refusalOf(importMaterial(client, KeyId, material()));
    expect(refusal.name).toBe('IncorrectKeyMaterialException');
    await importMaterial(client, KeyId, first);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Enabled' });
  });

  it('a token from its last second on', async () => {
    const prepared = await prepare(await createKey());
    clock.advance(DAY_SECONDS - 1);
    const material = randomBytes(32);
    await submit(prepared, {}, material);
    clock.advance(1);
    const refusal = await refusalOf(submit(prepared, {}, material));
    expect(refusal.name).toBe('ExpiredImportTokenException');
  });
});

describe('the end of imported material', () => {
  it('comes on its date, and an import of the same brings it back', async () => {
    const KeyId = await createKey();
    const material = randomBytes(32);
    const { KeyMaterialId } = await importMaterial(client, KeyId, material, {
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: new Date(clock.now() + HOUR_SECONDS * 1000),
      KeyMaterialDescription: 'mine',
    });
    const ciphertext = await encrypt(KeyId);
    clock.advance(HOUR_SECONDS - 1);
    expect(await decrypt(ciphertext)).toBe('plain');

    clock.advance(1);
    const expired = await describeKey(KeyId);
    expect(expired).toMatchObject({
      KeyState: 'PendingImport',
      CurrentKeyMaterialId: KeyMaterialId,
    });
    expect(expired).not.toHaveProperty('ExpirationModel');
    expect(expired).not.toHaveProperty('ValidTo');
    expect((await refusalOf(decrypt(ciphertext))).message).toBe(`${KeyId} is pending import.`);
    expect(await materialsOf(KeyId)).toEqual([
      {
        KeyId: idOf(KeyId),
        KeyMaterialId,
        KeyMaterialDescription: 'mine',
        KeyMaterialState: 'CURRENT',
        ImportState: 'PENDING_IMPORT',
      },
    ]);

    await importMaterial(client, KeyId, material, { KeyMaterialId });
    expect(await decrypt(ciphertext)).toBe('plain');
  });

  it('comes for a disabled key too', async () => {
    const KeyId = await createKey();
    await importMaterial(client, KeyId, randomBytes(32), {
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: new Date(clock.now() + HOUR_SECONDS * 1000),
    });
    await client.send(new DisableKeyCommand({ KeyId }));
    clock.advance(HOUR_SECONDS);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'PendingImport' });
  });

  it('comes by DeleteImportedKeyMaterial, which has no effect a second time', async () => {
    const KeyId = await createKey();
    expect(await remove(KeyId)).toMatchObject({ KeyId });
    const { KeyMaterialId } = await importMaterial(client, KeyId, randomBytes(32));
    expect(await remove(KeyId)).toMatchObject({ KeyId, KeyMaterialId });
    const deleted = await describeKey(KeyId);
    expect(deleted).toMatchObject({
      KeyState: 'PendingImport',
      Enabled: false,
      CurrentKeyMaterialId: KeyMaterialId,
    });
    expect(deleted).not.toHaveProperty('ExpirationModel');
    expect(await remove(KeyId)).toMatchObject({ KeyMaterialId });
  });

  it('leaves a key pending deletion, and pending import when that is cancelled', async () => {
    const KeyId = await createKey();
    await importMaterial(client, KeyId, randomBytes(32));
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    await remove(KeyId);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'PendingDeletion' });
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'PendingImport' });
  });

  it.each<[CreateKeyCommandInput, string | undefined, string]>([
    [{ Origin: 'AWS_KMS' }, undefined, 'UnsupportedOperationException'],
    [{}, '0'.repeat(64), 'NotFoundException'],
    [
      { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      '0'.repeat(64),
      'UnsupportedOperationException',
    ],
    [{}, '0', 'ValidationException'],
  ])('is refused for a key %j and the material %j', async (input, KeyMaterialId, name) => {
    expect((await refusalOf(remove(await createKey(input), KeyMaterialId))).name).toBe(name);
  });
});

describe('new material for a key that has some', () => {
  const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const;

  const rotate = (KeyId: string, by = client) => by.send(new RotateKeyOnDemandCommand({ KeyId }));

  const none = (arn: string) => ({
    name: 'KMSInvalidStateException',
    message: `No available key material pending rotation for the key: ${arn}.`,
  });

  it('waits for a rotation, and old ciphertexts decrypt after it', async () => {
    const KeyId = await createKey();
    const first = await importMaterial(client, KeyId, randomBytes(32));
    const old = await encrypt(KeyId);
    expect(await refusalOf(rotate(KeyId))).toMatchObject(none(KeyId));

    const second = await importMaterial(client, KeyId, randomBytes(32), {
      ...NEW,
      KeyMaterialDescription: 'the next one',
    });
    expect(await describeKey(KeyId)).toMatchObject({
      KeyState: 'Enabled',
      CurrentKeyMaterialId: first.KeyMaterialId,
    });
    const { Rotations } = await client.send(new ListKeyRotationsCommand({ KeyId }));
    expect(Rotations).toEqual([]);
    expect(await materialsOf(KeyId)).toMatchObject([
      { KeyMaterialId: first.KeyMaterialId, KeyMaterialState: 'CURRENT' },
      {
        KeyMaterialId: second.KeyMaterialId,
        KeyMaterialState: 'PENDING_ROTATION',
        KeyMaterialDescription: 'the next one',
        ImportState: 'IMPORTED',
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      },
    ]);

    await rotate(KeyId);
    expect(await describeKey(KeyId)).toMatchObject({ CurrentKeyMaterialId: second.KeyMaterialId });
    expect(await decrypt(old)).toBe('plain');
    expect(await decrypt(await encrypt(KeyId))).toBe('plain');
    expect(await materialsOf(KeyId)).toMatchObject([
      { KeyMaterialId: first.KeyMaterialId, KeyMaterialState: 'NON_CURRENT' },
      {
        KeyMaterialId: second.KeyMaterialId,
        KeyMaterialState: 'CURRENT',
        RotationType: 'ON_DEMAND',
        RotationDate: clock.date,
      },
    ]);
    expect(await refusalOf(rotate(KeyId))).toMatchObject(none(KeyId));
  });

  it('is refused while other material waits, and if the key knows it', async () => {
    const KeyId = await createKey();
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await importMaterial(client, KeyId, first);
    const { KeyMaterialId: pending } = await importMaterial(client, KeyId, second, NEW);
    const refused = (material: Uint8Array) =>
      refusalOf(importMaterial(client, KeyId, material, NEW));
    expect(await refused(randomBytes(32))).toMatchObject({
      name: 'KMSInvalidStateException',
      message: expect.stringMatching(
        new RegExp(
          `^New key material \\(id: (?!${pending})[0-9a-f]{64}\\) cannot be imported into KMS key ${KeyId}, because another key material \\(id: ${pending}\\) is pending rotation\\.$`,
        ),
      ),
    });
    expect((await refused(first)).name).toBe('IncorrectKeyMaterialException');
    expect((await refused(second)).name).toBe('IncorrectKeyMaterialException');
  });

  it('goes when it is deleted or expires, without an effect on the key', async () => {
    const KeyId = await createKey();
    await importMaterial(client, KeyId, randomBytes(32));
    const { KeyMaterialId } = await importMaterial(client, KeyId, randomBytes(32), NEW);
    expect(await remove(KeyId, KeyMaterialId)).toMatchObject({ KeyMaterialId });
    expect(await materialsOf(KeyId)).toHaveLength(1);

    await importMaterial(client, KeyId, randomBytes(32), {
      ...NEW,
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: new Date(clock.now() + 60_000),
    });
    clock.advance(60);
    expect(await materialsOf(KeyId)).toHaveLength(1);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Enabled' });
    expect(await refusalOf(rotate(KeyId))).toMatchObject(none(KeyId));
  });

  it('makes a key usable only with all that it had', async () => {
    const KeyId = await createKey();
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const { KeyMaterialId } = await importMaterial(client, KeyId, first);
    const old = await encrypt(KeyId);
    await importMaterial(client, KeyId, second, NEW);
    await rotate(KeyId);
    await remove(KeyId, KeyMaterialId);
    await remove(KeyId);
    await importMaterial(client, KeyId, second);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'PendingImport' });
    await importMaterial(client, KeyId, first);
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Enabled' });
    expect(await decrypt(old)).toBe('plain');
  });

  it('waits until every replica of a multi-Region key has it', async () => {
    const KeyId = await createKey({ MultiRegion: true });
    const id = idOf(KeyId);
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await importMaterial(client, id, first);
    await client.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
    expect(await describeKey(id, european)).toMatchObject({ KeyState: 'PendingImport' });
    const other = await refusalOf(importMaterial(european, id, randomBytes(32)));
    expect(other.name).toBe('IncorrectKeyMaterialException');
    const again = await importMaterial(european, id, first);
    expect(again.KeyMaterialId).toBe((await describeKey(id)).CurrentKeyMaterialId);
    expect(await decrypt(await encrypt(id), european)).toBe('plain');

    expect((await refusalOf(importMaterial(european, id, second, NEW))).name).toBe(
      'UnsupportedOperationException',
    );
    await importMaterial(client, id, second, NEW);
    const pendingState = async () => (await materialsOf(id)).at(-1)?.KeyMaterialState;
    expect(await pendingState()).toBe('PENDING_MULTI_REGION_IMPORT_AND_ROTATION');
    expect(await refusalOf(rotate(id))).toMatchObject(none(KeyId));
    await importMaterial(european, id, second);
    expect(await pendingState()).toBe('PENDING_ROTATION');
    await rotate(id);
    expect(await describeKey(id, european)).toMatchObject({
      CurrentKeyMaterialId: (await describeKey(id)).CurrentKeyMaterialId,
    });
    expect(await decrypt(await encrypt(id, european))).toBe('plain');
  });

  it('is gone from the replicas when it is deleted from the primary key', async () => {
    const id = idOf(await createKey({ MultiRegion: true }));
    const first = randomBytes(32);
    await importMaterial(client, id, first);
    await client.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: 'eu-west-1' }));
    await importMaterial(european, id, first);
    const second = randomBytes(32);
    const { KeyMaterialId } = await importMaterial(client, id, second, NEW);
    await importMaterial(european, id, second);
    await remove(id, KeyMaterialId, european);
    expect((await materialsOf(id, european)).at(-1)).toMatchObject({
      KeyMaterialId,
      ImportState: 'PENDING_IMPORT',
    });
    await remove(id, KeyMaterialId);
    expect(await materialsOf(id, european)).toHaveLength(1);
    expect(await describeKey(id, european)).toMatchObject({ KeyState: 'Enabled' });
  });
});

describe('condition keys', () => {
  it('let a policy choose the wrapping and the expiration', async () => {
    const KeyId = await createKey();
    const allow = (Action: string | string[], Condition?: object) => ({
      Effect: 'Allow',
      Principal: '*',
      Action,
      Resource: '*',
      ...(Condition && { Condition }),
    });
    const latest = new Date(clock.now() + 10 * DAY_SECONDS * 1000);
    await client.send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            allow('kms:PutKeyPolicy'),
            allow('kms:GetParametersForImport', {
              StringEquals: {
                'kms:WrappingAlgorithm': 'RSAES_OAEP_SHA_256',
                'kms:WrappingKeySpec': 'RSA_2048',
              },
            }),
            allow('kms:ImportKeyMaterial', {
              StringEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_EXPIRES' },
              DateLessThanEquals: { 'kms:ValidTo': latest.toISOString().replace('.000', '') },
            }),
          ],
        }),
      }),
    );
    const material = randomBytes(32);
    const expiring = { ExpirationModel: 'KEY_MATERIAL_EXPIRES' } as const;
    const refused = async (options: Parameters<typeof importMaterial>[3]) =>
      (await refusalOf(importMaterial(client, KeyId, material, options))).name;
    expect(await refused({ ...expiring, WrappingAlgorithm: 'RSAES_OAEP_SHA_1' })).toBe(
      'AccessDeniedException',
    );
    expect(await refused({ ...expiring, WrappingKeySpec: 'RSA_3072' })).toBe(
      'AccessDeniedException',
    );
    expect(await refused({})).toBe('AccessDeniedException');
    expect(await refused({ ...expiring, ValidTo: new Date(latest.getTime() + 1000) })).toBe(
      'AccessDeniedException',
    );
    await importMaterial(client, KeyId, material, { ...expiring, ValidTo: latest });
  });
});

describe.skipIf(!haveOpenssl)('material wrapped by openssl (skipped without the command)', () => {
  async function parametersFor(KeyId: string, wrapping: typeof OAEP_SHA_256) {
    const { ImportToken, PublicKey } = await client.send(
      new GetParametersForImportCommand({ KeyId, ...wrapping }),
    );
    const directory = temporaryDirectory();
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('WrappingPublicKey.bin'), PublicKey ?? new Uint8Array());
    const wrapOaep = (hash: 'sha1' | 'sha256', input: string, output: string) =>
      openssl([
        ...['pkeyutl', '-encrypt', '-in', path(input), '-out', path(output)],
        ...['-inkey', path('WrappingPublicKey.bin'), '-keyform', 'DER', '-pubin'],
        ...['-pkeyopt', 'rsa_padding_mode:oaep', '-pkeyopt', `rsa_oaep_md:${hash}`],
        ...['-pkeyopt', `rsa_mgf1_md:${hash}`],
      ]);
    return { ImportToken, path, wrapOaep };
  }

  const submit = (
    KeyId: string,
    ImportToken: Uint8Array | undefined,
    EncryptedKeyMaterial: Uint8Array,
  ) =>
    client.send(
      new ImportKeyMaterialCommand({
        KeyId,
        ImportToken,
        EncryptedKeyMaterial,
        ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
      }),
    );

  it.each([
    ['RSAES_OAEP_SHA_1', 'sha1'],
    ['RSAES_OAEP_SHA_256', 'sha256'],
  ] as const)('%s', async (WrappingAlgorithm, hash) => {
    const KeyId = await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const { ImportToken, path, wrapOaep } = await parametersFor(KeyId, {
      WrappingAlgorithm,
      WrappingKeySpec: 'RSA_2048',
    });
    openssl(['rand', '-out', path('PlaintextKeyMaterial.bin'), '32']);
    wrapOaep(hash, 'PlaintextKeyMaterial.bin', 'EncryptedKeyMaterial.bin');
    await submit(KeyId, ImportToken, readFileSync(path('EncryptedKeyMaterial.bin')));
    const Message = Buffer.from('message');
    const { Mac } = await client.send(
      new GenerateMacCommand({ KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' }),
    );
    const material = readFileSync(path('PlaintextKeyMaterial.bin'));
    expect(Buffer.from(Mac ?? [])).toEqual(createHmac('sha256', material).update(Message).digest());
  });

  it.each([
    ['RSA_AES_KEY_WRAP_SHA_1', 'sha1'],
    ['RSA_AES_KEY_WRAP_SHA_256', 'sha256'],
  ] as const)('%s', async (WrappingAlgorithm, hash) => {
    const KeyId = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const { ImportToken, path, wrapOaep } = await parametersFor(KeyId, {
      WrappingAlgorithm,
      WrappingKeySpec: 'RSA_3072',
    });
    const pem = openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']);
    openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER', '-out', path('private.der')], pem);
    openssl(['rand', '-out', path('aes-key.bin'), '32']);
    openssl([
      ...['enc', '-id-aes256-wrap-pad', '-iv', 'A65959A6'],
      ...['-K', readFileSync(path('aes-key.bin')).toString('hex')],
      ...['-in', path('private.der'), '-out', path('key-material-wrapped.bin')],
    ]);
    wrapOaep(hash, 'aes-key.bin', 'aes-key-wrapped.bin');
    await submit(
      KeyId,
      ImportToken,
      Buffer.concat(
        ['aes-key-wrapped.bin', 'key-material-wrapped.bin'].map((name) => readFileSync(path(name))),
      ),
    );
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(
      openssl(['pkey', '-pubout', '-outform', 'DER'], pem),
    );
  });
});
