import { createHmac, randomBytes } from 'node:crypto';
import {
  CreateKeyCommand,
  GenerateMacCommand,
  type KMSClient,
  type MacAlgorithmSpec,
  VerifyMacCommand,
  type VerifyMacCommandInput,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const kinds = [
  ['HMAC_224', 'HMAC_SHA_224', 'sha224', 28],
  ['HMAC_256', 'HMAC_SHA_256', 'sha256', 32],
  ['HMAC_384', 'HMAC_SHA_384', 'sha384', 48],
  ['HMAC_512', 'HMAC_SHA_512', 'sha512', 64],
] as const;

const Message = Buffer.from('message');

let kms: LocalKms;
let client: KMSClient;
const keys = {} as Record<(typeof kinds)[number][0], string>;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  for (const [KeySpec] of kinds) {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' }),
    );
    keys[KeySpec] = KeyMetadata?.Arn ?? '';
  }
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

const verify = (input: Partial<VerifyMacCommandInput>) =>
  client.send(
    new VerifyMacCommand({
      KeyId: keys.HMAC_256,
      MacAlgorithm: 'HMAC_SHA_256',
      Message,
      Mac: undefined,
      ...input,
    }),
  );

const generate = (KeyId: string, MacAlgorithm: MacAlgorithmSpec, more: object = {}) =>
  client.send(new GenerateMacCommand({ KeyId, MacAlgorithm, Message, ...more }));

describe('GenerateMac and VerifyMac', () => {
  it.each(kinds)('%s: makes and verifies %s', async (spec, MacAlgorithm, _hash, length) => {
    const KeyId = keys[spec];
    const { Mac, ...answer } = await generate(KeyId, MacAlgorithm);
    expect(answer).toMatchObject({ KeyId, MacAlgorithm });
    expect(Mac).toHaveLength(length);
    expect((await generate(KeyId, MacAlgorithm)).Mac).toEqual(Mac);
    const verified = await verify({ KeyId, MacAlgorithm, Mac });
    expect(verified).toMatchObject({ KeyId, MacAlgorithm, MacValid: true });
  });

  it('is the HMAC of RFC 2104: seeded keys give what node:crypto gives', async () => {
    for (const [keySpec, MacAlgorithm, hash, length] of kinds) {
      const key = randomBytes(length);
      const seeded = await startTestKms({
        seed: parseSeed(
          JSON.stringify({
            keys: [
              {
                keyId: '01234567-89ab-4cde-8123-456789abcdef',
                keySpec,
                material: key.toString('base64'),
              },
            ],
          }),
        ),
      });
      const seededClient = createTestClient(seeded);
      const { Mac } = await seededClient.send(
        new GenerateMacCommand({
          KeyId: '01234567-89ab-4cde-8123-456789abcdef',
          MacAlgorithm,
          Message,
        }),
      );
      expect(Buffer.from(Mac ?? [])).toEqual(createHmac(hash, key).update(Message).digest());
      seededClient.destroy();
      await seeded.close();
    }
  });

  it('verifies no other MAC', async () => {
    const { Mac = new Uint8Array() } = await generate(keys.HMAC_256, 'HMAC_SHA_256');
    const wrong = [
      ...[...oneByteMutations(Mac)].filter((_, i) => i % 16 === 0).map(({ mutated }) => mutated),
      Mac.slice(0, 31),
      Uint8Array.of(...Mac, 0),
    ];
    for (const mac of wrong) {
      expect((await refusalOf(verify({ Mac: mac }))).name).toBe('KMSInvalidMacException');
    }
    const other = refusalOf(verify({ Mac, Message: Buffer.from('other') }));
    expect((await other).name).toBe('KMSInvalidMacException');
    expect((await refusalOf(verify({ Mac, DryRun: true }))).name).toBe('DryRunOperationException');
    const dry = refusalOf(verify({ Mac: Mac.slice(1), DryRun: true }));
    expect((await dry).name).toBe('KMSInvalidMacException');
  });

  it.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    [
      'an algorithm of another size',
      () => generate(keys.HMAC_224, 'HMAC_SHA_256'),
      'InvalidKeyUsageException',
      'Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.',
    ],
    [
      'to verify by one',
      () => verify({ MacAlgorithm: 'HMAC_SHA_512', Mac: new Uint8Array(64) }),
      'InvalidKeyUsageException',
      'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
    ],
    [
      'an unknown algorithm',
      () => generate(keys.HMAC_224, 'HMAC_MD5' as 'HMAC_SHA_256'),
      'ValidationException',
      "1 validation error detected: Value 'HMAC_MD5' at 'macAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]",
    ],
    [
      'too long a message',
      () => generate(keys.HMAC_256, 'HMAC_SHA_256', { Message: new Uint8Array(4097) }),
      'ValidationException',
      "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    [
      'no more than that on DryRun',
      () => generate(keys.HMAC_256, 'HMAC_SHA_256', { DryRun: true }),
      'DryRunOperationException',
      /./,
    ],
  ])('refuses %s', async (_name, call, name, message) => {
    const refusal = await refusalOf(call());
    expect(refusal.name).toBe(name);
    if (message instanceof RegExp) expect(refusal.message).toMatch(message);
    else expect(refusal.message).toBe(message);
  });

  it('refuses a key of another usage', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.Arn ?? '';
    expect(await refusalOf(generate(KeyId, 'HMAC_SHA_256'))).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${KeyId} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
    });
  });
});
