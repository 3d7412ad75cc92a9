import { randomBytes } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

const ROOT = 'arn:aws:iam::111122223333:root';
const Plaintext = new TextEncoder().encode('a secret');

let kms: LocalKms;
let client: KMSClient;
let source: string;
let destination: string;
let rsa: string;
let signing: string;
let blob: Uint8Array;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  source = await createKey({});
  destination = await createKey({});
  rsa = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  signing = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
});

beforeEach(async () => {
  blob = await encrypt(source);
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput): Promise<string> {
  return (await client.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? '';
}

async function encrypt(KeyId: string, more: object = {}): Promise<Uint8Array> {
  const answer = await client.send(new EncryptCommand({ KeyId, Plaintext, ...more }));
  return answer.CiphertextBlob ?? new Uint8Array();
}

const reEncrypt = (input: Partial<ReEncryptCommandInput> = {}) =>
  client.send(
    new ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: destination, ...input }),
  );

const materialIdOf = async (KeyId: string) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId;

describe('ReEncrypt', () => {
  it('moves a ciphertext to another key, whether or not its own is named', async () => {
    for (const SourceKeyId of [undefined, source]) {
      const { $metadata, CiphertextBlob, ...answer } = await reEncrypt({ SourceKeyId });
      expect(answer).toEqual({
        SourceKeyId: source,
        KeyId: destination,
        SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        SourceKeyMaterialId: await materialIdOf(source),
        DestinationKeyMaterialId: await materialIdOf(destination),
      });
      const decrypted = await client.send(
        new DecryptCommand({ CiphertextBlob, KeyId: destination }),
      );
      expect(decrypted.Plaintext).toEqual(Plaintext);
    }
  });

  it('keeps the contexts of both sides apart', async () => {
    blob = await encrypt(source, { EncryptionContext: { ab: 'c', d: 'e' } });
    const contexts = {
      SourceEncryptionContext: { d: 'e', ab: 'c' },
      DestinationEncryptionContext: { f: 'g' },
    };
    const { CiphertextBlob } = await reEncrypt(contexts);
    const decrypt = (EncryptionContext?: Record<string, string>) =>
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect((await decrypt({ f: 'g' })).Plaintext).toEqual(Plaintext);
    expect((await refusalOf(decrypt())).name).toBe('InvalidCiphertextException');
    for (const SourceEncryptionContext of [undefined, { f: 'g' }, { a: 'bc', d: 'e' }]) {
      const refusal = await refusalOf(reEncrypt({ ...contexts, SourceEncryptionContext }));
      expect(refusal.name).toBe('InvalidCiphertextException');
    }
  });

  it('goes between symmetric and RSA keys, there and back', async () => {
    const there = await reEncrypt({
      DestinationKeyId: rsa,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect(there).toMatchObject({
      SourceKeyId: source,
      KeyId: rsa,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect(there).not.toHaveProperty('DestinationKeyMaterialId');
    const back = await reEncrypt({
      CiphertextBlob: there.CiphertextBlob,
      SourceKeyId: rsa,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect(back).not.toHaveProperty('SourceKeyMaterialId');
    const { CiphertextBlob } = back;
    const decrypted = await client.send(new DecryptCommand({ CiphertextBlob }));
    expect(decrypted.Plaintext).toEqual(Plaintext);
  });

  it.each<[string, () => Promise<Partial<ReEncryptCommandInput>>, string, RegExp]>([
    [
      'a source that did not make the ciphertext',
      async () => ({ SourceKeyId: destination }),
      'IncorrectKeyException',
      /^The key ID in the request does not identify a CMK that can perform this operation\.$/,
    ],
    [
      'a source that could not have made it',
      async () => ({ SourceKeyId: signing }),
      'IncorrectKeyException',
      /./,
    ],
    [
      'a destination of another usage',
      async () => ({ DestinationKeyId: signing }),
      'InvalidKeyUsageException',
      /key usage is SIGN_VERIFY which is not valid for ReEncryptTo\.$/,
    ],
    [
      'an RSA destination without an algorithm',
      async () => ({ DestinationKeyId: rsa }),
      'InvalidKeyUsageException',
      /^Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048\.$/,
    ],
    [
      'an RSA source without its key',
      async () => ({ SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'ValidationException',
      /key must be specified/,
    ],
    [
      'a context for an RSA destination',
      async () => ({
        DestinationKeyId: rsa,
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
        DestinationEncryptionContext: { a: 'b' },
      }),
      'ValidationException',
      /encryption context/,
    ],
    [
      'a plaintext that is too long for the destination',
      async () => ({
        CiphertextBlob: await encrypt(source, { Plaintext: randomBytes(191) }),
        DestinationKeyId: rsa,
        DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      }),
      'ValidationException',
      /^Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes\.$/,
    ],
    [
      'a ciphertext that is none',
      async () => ({ CiphertextBlob: Uint8Array.of(1), SourceKeyId: source }),
      'InvalidCiphertextException',
      /^/,
    ],
    [
      'a damaged ciphertext on DryRun too',
      async () => ({ CiphertextBlob: blob.map((b, i) => (i === 90 ? b ^ 1 : b)), DryRun: true }),
      'InvalidCiphertextException',
      /^/,
    ],
    [
      'a destination that is not there',
      async () => ({ DestinationKeyId: '00000000-0000-4000-8000-000000000000' }),
      'NotFoundException',
      /does not exist$/,
    ],
    ['to do anything on DryRun', async () => ({ DryRun: true }), 'DryRunOperationException', /./],
  ])('refuses %s', async (_name, input, name, message) => {
    const refusal = await refusalOf(reEncrypt(await input()));
    expect(refusal.name).toBe(name);
    expect(refusal.message).toMatch(message);
  });

  it('refuses a disabled key on either side', async () => {
    const disabled = await createKey({});
    const ofDisabled = await encrypt(disabled);
    await client.send(new DisableKeyCommand({ KeyId: disabled }));
    for (const input of [{ CiphertextBlob: ofDisabled }, { DestinationKeyId: disabled }]) {
      expect(await refusalOf(reEncrypt(input))).toMatchObject({
        name: 'DisabledException',
        message: `${disabled} is disabled.`,
      });
    }
  });

  describe('is allowed by both keys', () => {
    const allow = (Action: readonly string[], Condition?: object) =>
      JSON.stringify({
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: ROOT },
            Action: ['kms:PutKeyPolicy', 'kms:Encrypt', 'kms:CreateAlias', ...Action],
            Resource: '*',
            ...(Condition && { Condition }),
          },
        ],
      });
    const keyWith = (Action: readonly string[], Condition?: object) =>
      createKey({ Policy: allow(Action, Condition), BypassPolicyLockoutSafetyCheck: true });

    it('ReEncryptFrom on the source, ReEncryptTo on the destination', async () => {
      const from = await keyWith(['kms:ReEncryptFrom']);
      const to = await keyWith(['kms:ReEncryptTo']);
      const input = { CiphertextBlob: await encrypt(from), DestinationKeyId: to };
      await expect(reEncrypt(input)).resolves.toBeDefined();
      const wrongWay = { CiphertextBlob: await encrypt(to), DestinationKeyId: from };
      expect(await refusalOf(reEncrypt(wrongWay))).toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('kms:ReEncrypt'),
      });
      await client.send(
        new PutKeyPolicyCommand({
          KeyId: to,
          Policy: allow([]),
          BypassPolicyLockoutSafetyCheck: true,
        }),
      );
      expect(await refusalOf(reEncrypt(input))).toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringMatching(`kms:ReEncryptTo on resource: ${to}`),
      });
    });

    it('with the context and the algorithm of its own side', async () => {
      const conditions = (side: string) => ({
        StringEquals: {
          'kms:EncryptionContext:side': side,
          'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT',
        },
      });
      const open = await keyWith(['kms:ReEncryptFrom', 'kms:ReEncryptTo']);
      const from = await createKey({
        Policy: JSON.stringify({
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: ROOT },
              Action: ['kms:PutKeyPolicy', 'kms:Encrypt'],
              Resource: '*',
            },
            {
              Effect: 'Allow',
              Principal: { AWS: ROOT },
              Action: 'kms:ReEncryptFrom',
              Resource: '*',
              Condition: conditions('from'),
            },
            {
              Effect: 'Allow',
              Principal: { AWS: ROOT },
              Action: 'kms:ReEncryptTo',
              Resource: '*',
              Condition: conditions('to'),
            },
          ],
        }),
      });
      const fromContext = { side: 'from' };
      const CiphertextBlob = await encrypt(from, { EncryptionContext: fromContext });
      const out = { CiphertextBlob, SourceEncryptionContext: fromContext, DestinationKeyId: open };
      await expect(
        reEncrypt({ ...out, DestinationEncryptionContext: { side: 'to' } }),
      ).resolves.toBeDefined();
      const back = {
        CiphertextBlob: await encrypt(open, { EncryptionContext: fromContext }),
        SourceEncryptionContext: fromContext,
        DestinationKeyId: from,
      };
      await expect(
        reEncrypt({ ...back, DestinationEncryptionContext: { side: 'to' } }),
      ).resolves.toBeDefined();
      const refusal = await refusalOf(
        reEncrypt({ ...back, DestinationEncryptionContext: fromContext }),
      );
      expect(refusal.name).toBe('AccessDeniedException');
    });

    it.each([true, false])('with kms:ReEncryptOnSameKey %s', async (same) => {
      const onlyIf = { Bool: { 'kms:ReEncryptOnSameKey': String(same) } };
      const key = await createKey({
        Policy: JSON.stringify({
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: ROOT },
              Action: ['kms:PutKeyPolicy', 'kms:Encrypt', 'kms:CreateAlias'],
              Resource: '*',
            },
            {
              Effect: 'Allow',
              Principal: { AWS: ROOT },
              Action: 'kms:ReEncrypt*',
              Resource: '*',
              Condition: onlyIf,
            },
          ],
        }),
      });
      const AliasName = `alias/same-${same}`;
      await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.split('/')[1] }));
      const CiphertextBlob = await encrypt(key);
      const outcome = (DestinationKeyId: string) =>
        reEncrypt({ CiphertextBlob, DestinationKeyId }).then(
          () => true,
          ({ name }: Error) => name !== 'AccessDeniedException',
        );
      expect(await outcome(key)).toBe(same);
      expect(await outcome(AliasName)).toBe(same);
      expect(await outcome(destination)).toBe(!same);
    });
  });
});
