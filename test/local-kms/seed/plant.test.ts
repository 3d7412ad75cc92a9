import { generateKeyPairSync } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListGrantsCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalKms, type LocalKmsOptions, parseSeed } from '../../../local-kms/index.ts';
import { createTestClient, startTestKms } from '../../support/local-kms.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ecKeyId = '2234abcd-12ab-34cd-56ef-1234567890ab';

async function start(
  seed: string | undefined,
  overrides: Partial<LocalKmsOptions> = {},
): Promise<{ kms: LocalKms; client: KMSClient }> {
  const kms = await startTestKms({
    ...(seed === undefined ? {} : { seed: parseSeed(seed) }),
    ...overrides,
  });
  const client = createTestClient(kms);
  onTestFinished(() => {
    client.destroy();
  });
  return { kms, client };
}

describe('a planted seed', () => {
  it('has keys with fixed material, policies, tags and aliases', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const seed = `
keys:
  - keyId: ${keyId}
    description: for tests
    aliases: [alias/app]
    tags: { team: keys }
    material: ${Buffer.alloc(32, 7).toString('base64')}
  - keyId: ${ecKeyId}
    keySpec: ECC_NIST_P384
    keyUsage: KEY_AGREEMENT
    policy:
      Version: '2012-10-17'
      Statement: [{ Effect: Allow, Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }]
    material: ${privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')}
`;
    const { kms, client } = await start(seed);
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: 'alias/app' }));
    expect(KeyMetadata).toMatchObject({ KeyId: keyId, Description: 'for tests', Enabled: true });
    const tags = await client.send(new ListResourceTagsCommand({ KeyId: keyId }));
    expect(tags.Tags).toEqual([{ TagKey: 'team', TagValue: 'keys' }]);
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: ecKeyId }));
    expect(Buffer.from(PublicKey ?? [])).toEqual(publicKey.export({ format: 'der', type: 'spki' }));

    // What one server encrypts under a seeded key, another one of the same seed decrypts.
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('hello') }),
    );
    await kms.close();
    const other = await start(seed);
    const { Plaintext } = await other.client.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('hello');
    await other.kms.close();
  });

  it.each<[string, string]>([
    ['a usage is missing', 'keySpec: ECC_NIST_P384'],
    ['a usage is not of the spec', 'keySpec: RSA_2048\n    keyUsage: KEY_AGREEMENT'],
    ['material is too short', `material: ${Buffer.alloc(31).toString('base64')}`],
    [
      'material is no private key',
      `keySpec: RSA_2048\n    keyUsage: SIGN_VERIFY\n    material: AAAA`,
    ],
    [
      'a private key is on another curve',
      `keySpec: ECC_NIST_P384\n    keyUsage: SIGN_VERIFY\n    material: ${p256().toString('base64')}`,
    ],
    [
      'a key is to be rotated that never is',
      'keySpec: HMAC_256\n    rotation: { periodInDays: 90, nextDate: 1 }',
    ],
  ])('stops the start where %s', async (_name, members) => {
    const seed = parseSeed(`keys:\n  - keyId: ${keyId}\n    ${members}\n`);
    await expect(startTestKms({ seed })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('leaves alone what the store has', async () => {
    const store = { kind: 'directory', directory: temporaryDirectory() } as const;
    const first = await start(`keys: [{ keyId: ${keyId}, description: first }]`, { store });
    await first.kms.close();
    const second = await start(`keys: [{ keyId: ${keyId}, description: second }]`, { store });
    const { KeyMetadata } = await second.client.send(new DescribeKeyCommand({ KeyId: keyId }));
    expect(KeyMetadata?.Description).toBe('first');
    await second.kms.close();
  });
});

it('an export plants all of it elsewhere: keys of every kind, aliases, grants', async () => {
  const { kms, client } = await start(undefined);
  const kinds = [
    {},
    { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    { KeySpec: 'ECC_NIST_P521', KeyUsage: 'KEY_AGREEMENT' },
    { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' },
    { Origin: 'EXTERNAL' },
    { MultiRegion: true, Tags: [{ TagKey: 'a', TagValue: 'b' }] },
  ] satisfies CreateKeyCommandInput[];
  const made = await Promise.all(
    kinds.map(async (kind) => (await client.send(new CreateKeyCommand(kind))).KeyMetadata),
  );
  const first = made[0]?.KeyId;
  await client.send(new CreateAliasCommand({ AliasName: 'alias/x', TargetKeyId: first }));
  const GranteePrincipal = 'arn:aws:iam::111122223333:role/App';
  await client.send(
    new CreateGrantCommand({ KeyId: first, GranteePrincipal, Operations: ['Decrypt'] }),
  );
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: first, Plaintext: Buffer.from('kept') }),
  );
  const text = kms.exportSeed();
  await kms.close();

  const planted = await start(text);
  for (const metadata of made) {
    const again = await planted.client.send(new DescribeKeyCommand({ KeyId: metadata?.KeyId }));
    expect(again.KeyMetadata).toEqual(metadata);
  }
  const { Plaintext } = await planted.client.send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? []).toString()).toBe('kept');
  const { Grants } = await planted.client.send(new ListGrantsCommand({ KeyId: first }));
  expect(Grants?.map((grant) => grant.GranteePrincipal)).toEqual([GranteePrincipal]);
  expect(planted.kms.exportSeed()).toBe(text);
  await planted.kms.close();
});

function p256(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  });
}
