import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateRandomCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../support/local-kms.ts';
import { haveOpenssl, openssl } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ARN_PREFIX = 'arn:aws:kms:us-east-1:111122223333:';
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

let kms: LocalKms;
let client: KMSClient;
let symmetric: string;
let agreement: string;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  symmetric = await createKey({});
  agreement = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

async function createKey(input: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
  return KeyMetadata?.KeyId ?? '';
}

const arn = (keyId: string): string => `${ARN_PREFIX}key/${keyId}`;

const peerOn = (namedCurve: string) => {
  const pair = generateKeyPairSync('ec', { namedCurve });
  return { ...pair, spki: pair.publicKey.export({ format: 'der', type: 'spki' }) };
};

describe('keys', () => {
  it('creates and describes a symmetric key with the members that apply', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: 'mine' }));
    expect(KeyMetadata).toEqual({
      AWSAccountId: '111122223333',
      KeyId: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      Arn: arn(KeyMetadata?.KeyId ?? ''),
      CreationDate: expect.any(Date),
      Enabled: true,
      Description: 'mine',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const described = await client.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId }));
    expect(described.KeyMetadata).toEqual(KeyMetadata);
  });

  it.each([
    ['ECC_NIST_P256', 'P-256'],
    ['ECC_NIST_P384', 'P-384'],
    ['ECC_NIST_P521', 'P-521'],
  ] as const)(
    'creates a key agreement key on %s and gives its public key',
    async (KeySpec, crv) => {
      const { KeyMetadata } = await client.send(
        new CreateKeyCommand({ KeySpec, KeyUsage: 'KEY_AGREEMENT' }),
      );
      expect(KeyMetadata).toMatchObject({ KeySpec, KeyAgreementAlgorithms: ['ECDH'] });
      expect(KeyMetadata).not.toHaveProperty('CurrentKeyMaterialId');
      expect(KeyMetadata).not.toHaveProperty('EncryptionAlgorithms');
      const answer = await client.send(new GetPublicKeyCommand({ KeyId: KeyMetadata?.Arn }));
      expect(answer).toMatchObject({
        KeyId: KeyMetadata?.Arn,
        KeySpec,
        CustomerMasterKeySpec: KeySpec,
        KeyUsage: 'KEY_AGREEMENT',
        KeyAgreementAlgorithms: ['ECDH'],
      });
      const key = createPublicKey({ key: answer.PublicKey as Buffer, format: 'der', type: 'spki' });
      expect(key.export({ format: 'jwk' })).toMatchObject({ kty: 'EC', crv });
    },
  );

  it.each<[CreateKeyCommandInput, string, string | RegExp]>([
    [
      { KeySpec: 'ECC_NIST_P256' },
      'ValidationException',
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    ],
    [
      { KeySpec: 'RSA_2048', KeyUsage: 'KEY_AGREEMENT' },
      'ValidationException',
      'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
    ],
    [
      { KeySpec: 'AES' as 'SM2' },
      'ValidationException',
      /Value 'AES' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: \[RSA_2048, /,
    ],
    [{ Origin: 'AWS_CLOUDHSM' }, 'UnsupportedOperationException', /Origin AWS_CLOUDHSM/],
    [{ Policy: '{}' }, 'MalformedPolicyDocumentException', /./],
    [{ Policy: ' '.repeat(32_769) }, 'LimitExceededException', /32768 bytes/],
  ])('refuses to create %j', async (input, name, message) => {
    const refusal = await refusalOf(client.send(new CreateKeyCommand(input)));
    expect(refusal.name).toBe(name);
    expect(refusal.message).toMatch(message);
  });

  it('lists keys page by page, new ones at once', async () => {
    const found = new Set<string>();
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListKeysCommand({ Limit: 2, Marker }));
      for (const { KeyId, KeyArn } of page.Keys ?? []) {
        expect(KeyArn).toBe(arn(KeyId ?? ''));
        found.add(KeyId ?? '');
      }
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      Marker = page.NextMarker;
    } while (Marker !== undefined);
    expect(found).toContain(symmetric);
    expect(found).toContain(agreement);
  });

  it('refuses a marker that it did not give', async () => {
    const refusal = await refusalOf(client.send(new ListKeysCommand({ Marker: 'x!' })));
    expect(refusal.name).toBe('InvalidMarkerException');
  });

  it.each([
    ['nonsense', "Invalid keyId 'nonsense'"],
    ['mrk-1', "Invalid keyId 'mrk-1'"],
    [UNKNOWN_ID.replaceAll('-', ''), `Invalid keyId '${UNKNOWN_ID.replaceAll('-', '')}'`],
    [UNKNOWN_ID, `Key '${arn(UNKNOWN_ID)}' does not exist`],
    [arn(UNKNOWN_ID), `Key '${arn(UNKNOWN_ID)}' does not exist`],
    [arn(UNKNOWN_ID).replace('us-east-1', 'eu-west-1'), 'Invalid arn eu-west-1'],
    [
      arn(UNKNOWN_ID).replace('111122223333', '444455556666'),
      `Key '${arn(UNKNOWN_ID).replace('111122223333', '444455556666')}' does not exist`,
    ],
    ['alias/none', `Alias ${ARN_PREFIX}alias/none is not found.`],
  ])('does not find %s', async (KeyId, message) => {
    expect(await refusalOf(client.send(new DescribeKeyCommand({ KeyId })))).toMatchObject({
      name: 'NotFoundException',
      message,
    });
  });

  it('has no public key for a symmetric key', async () => {
    const refusal = await refusalOf(client.send(new GetPublicKeyCommand({ KeyId: symmetric })));
    expect(refusal.name).toBe('UnsupportedOperationException');
  });
});

describe('aliases', () => {
  it('names a key, in every form, where a key is used', async () => {
    await client.send(new CreateAliasCommand({ AliasName: 'alias/used', TargetKeyId: symmetric }));
    for (const KeyId of [symmetric, arn(symmetric), 'alias/used', `${ARN_PREFIX}alias/used`]) {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata?.KeyId).toBe(symmetric);
      const encrypted = await client.send(
        new EncryptCommand({ KeyId, Plaintext: new Uint8Array(1) }),
      );
      expect(encrypted.KeyId).toBe(arn(symmetric));
    }
    const management = await refusalOf(
      client.send(new GetKeyPolicyCommand({ KeyId: 'alias/used' })),
    );
    expect(management).toMatchObject({ name: 'NotFoundException' });
  });

  it('lists them, all or those of one key', async () => {
    const target = await createKey({});
    for (const name of ['alias/list-b', 'alias/list-a']) {
      await client.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: arn(target) }));
    }
    const { Aliases, Truncated } = await client.send(new ListAliasesCommand({ KeyId: target }));
    expect(Truncated).toBe(false);
    expect(Aliases).toEqual(
      ['alias/list-a', 'alias/list-b'].map((AliasName) => ({
        AliasName,
        AliasArn: ARN_PREFIX + AliasName,
        TargetKeyId: target,
        CreationDate: expect.any(Date),
        LastUpdatedDate: expect.any(Date),
      })),
    );
    const first = await client.send(new ListAliasesCommand({ KeyId: target, Limit: 1 }));
    expect(first).toMatchObject({ Truncated: true, Aliases: [{ AliasName: 'alias/list-a' }] });
    const rest = await client.send(
      new ListAliasesCommand({ KeyId: target, Limit: 1, Marker: first.NextMarker }),
    );
    expect(rest).toMatchObject({ Truncated: false, Aliases: [{ AliasName: 'alias/list-b' }] });
  });

  it.each([
    [
      'used',
      'ValidationException',
      /^Alias must start with the prefix "alias\/"\. Please see https:/,
    ],
    ['alias/', 'ValidationException', /^Alias must start with the prefix/],
    ['alias/aws/mine', 'NotAuthorizedException', /./],
    [
      'alias/a b',
      'ValidationException',
      "1 validation error detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
    ],
  ])('refuses the name %s', async (AliasName, name, message) => {
    const refusal = await refusalOf(
      client.send(new CreateAliasCommand({ AliasName, TargetKeyId: symmetric })),
    );
    expect(refusal.name).toBe(name);
    if (message instanceof RegExp) expect(refusal.message).toMatch(message);
    else expect(refusal.message).toBe(message);
  });

  it('refuses a name twice, and an alias as target', async () => {
    const command = new CreateAliasCommand({ AliasName: 'alias/twice', TargetKeyId: symmetric });
    await client.send(command);
    expect(await refusalOf(client.send(command))).toMatchObject({
      name: 'AlreadyExistsException',
      message: `An alias with the name ${ARN_PREFIX}alias/twice already exists`,
    });
    const chained = new CreateAliasCommand({ AliasName: 'alias/c', TargetKeyId: 'alias/twice' });
    expect((await refusalOf(client.send(chained))).name).toBe('ValidationException');
  });
});

describe('key policy', () => {
  it('is the default policy at first, then what was put', async () => {
    const KeyId = await createKey({});
    const initial = await client.send(new GetKeyPolicyCommand({ KeyId }));
    expect(initial.PolicyName).toBe('default');
    expect(JSON.parse(initial.Policy ?? '')).toMatchObject({
      Id: 'key-default-1',
      Statement: [{ Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*' }],
    });
    const Policy = JSON.stringify({ ...JSON.parse(initial.Policy ?? ''), Id: 'mine' });
    await client.send(new PutKeyPolicyCommand({ KeyId, Policy, PolicyName: 'default' }));
    expect((await client.send(new GetKeyPolicyCommand({ KeyId }))).Policy).toBe(Policy);
  });

  it('is not replaced by one that is malformed, or that locks the caller out unless told to', async () => {
    const KeyId = await createKey({});
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:DescribeKey',
          Resource: '*',
        },
      ],
    });
    for (const wrong of ['{', '{"Version":"2012-10-17"}', Policy]) {
      const refusal = await refusalOf(
        client.send(new PutKeyPolicyCommand({ KeyId, Policy: wrong })),
      );
      expect(refusal.name).toBe('MalformedPolicyDocumentException');
    }
    const long = Policy + ' '.repeat(32_769 - Policy.length);
    expect(
      (await refusalOf(client.send(new PutKeyPolicyCommand({ KeyId, Policy: long })))).name,
    ).toBe('LimitExceededException');
    await client.send(
      new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true }),
    );
    const denied = await refusalOf(client.send(new GetKeyPolicyCommand({ KeyId })));
    expect(denied).toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::111122223333:root is not authorized to perform: kms:GetKeyPolicy on resource: ${arn(KeyId)} because no resource-based policy allows the kms:GetKeyPolicy action`,
    });
  });

  it('has one name', async () => {
    const refusal = await refusalOf(
      client.send(new GetKeyPolicyCommand({ KeyId: symmetric, PolicyName: 'other' })),
    );
    expect(refusal).toMatchObject({ name: 'NotFoundException', message: 'No such policy exists' });
  });
});

describe('Encrypt and Decrypt', () => {
  const Plaintext = new TextEncoder().encode('a secret');

  it('round trips, with and without the key named', async () => {
    const encrypted = await client.send(new EncryptCommand({ KeyId: symmetric, Plaintext }));
    expect(encrypted).toMatchObject({
      KeyId: arn(symmetric),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    for (const KeyId of [undefined, symmetric]) {
      const decrypted = await client.send(
        new DecryptCommand({ CiphertextBlob: encrypted.CiphertextBlob, KeyId }),
      );
      expect(decrypted).toMatchObject({
        KeyId: arn(symmetric),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        KeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
        Plaintext,
      });
    }
  });

  it('takes the context in any order, and no other context', async () => {
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext, EncryptionContext: { ab: 'c', x: 'y' } }),
    );
    const decrypt = (EncryptionContext: Record<string, string> | undefined) =>
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect((await decrypt({ x: 'y', ab: 'c' })).Plaintext).toEqual(Plaintext);
    for (const other of [undefined, {}, { a: 'bc', x: 'y' }, { ab: 'c' }, { AB: 'c', x: 'y' }]) {
      expect(await refusalOf(decrypt(other))).toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  it('takes an empty context for none', async () => {
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext, EncryptionContext: {} }),
    );
    const { Plaintext: opened } = await client.send(new DecryptCommand({ CiphertextBlob }));
    expect(opened).toEqual(Plaintext);
  });

  it('refuses a ciphertext that was cut, lengthened or changed, and one that is none', async () => {
    const { CiphertextBlob: blob = new Uint8Array() } = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext }),
    );
    const changed = Uint8Array.from(blob);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    for (const CiphertextBlob of [
      blob.subarray(0, -1),
      Buffer.concat([blob, Buffer.alloc(1)]),
      changed,
      Buffer.from('none'),
    ]) {
      const refusal = await refusalOf(client.send(new DecryptCommand({ CiphertextBlob })));
      expect(refusal.name).toBe('InvalidCiphertextException');
    }
  });

  it('refuses a key that did not make the ciphertext, whatever its usage', async () => {
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext }),
    );
    for (const KeyId of [await createKey({}), agreement]) {
      expect(
        await refusalOf(client.send(new DecryptCommand({ CiphertextBlob, KeyId }))),
      ).toMatchObject({
        name: 'IncorrectKeyException',
        message:
          'The key ID in the request does not identify a CMK that can perform this operation.',
      });
    }
  });

  it('refuses another usage, another algorithm, and a plaintext that is too long', async () => {
    const encrypt = (KeyId: string, more: object = {}) =>
      refusalOf(client.send(new EncryptCommand({ KeyId, Plaintext, ...more })));
    expect(await encrypt(agreement)).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${arn(agreement)} key usage is KEY_AGREEMENT which is not valid for Encrypt.`,
    });
    expect(await encrypt(symmetric, { EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' })).toMatchObject({
      name: 'InvalidKeyUsageException',
    });
    expect(await encrypt(symmetric, { Plaintext: new Uint8Array(4097) })).toMatchObject({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    });
    const longContext = { EncryptionContext: { a: 'x'.repeat(9000) }, DryRun: true };
    expect((await encrypt(symmetric, longContext)).name).toBe('ValidationException');
  });
});

describe('data keys', () => {
  it.each([
    [{ KeySpec: 'AES_256' }, 32],
    [{ KeySpec: 'AES_128' }, 16],
    [{ NumberOfBytes: 1 }, 1],
    [{ NumberOfBytes: 1024 }, 1024],
  ] as const)('generates %j, which Decrypt gives again', async (size, length) => {
    const EncryptionContext = { purpose: 'test' };
    const answer = await client.send(
      new GenerateDataKeyCommand({ KeyId: symmetric, EncryptionContext, ...size }),
    );
    expect(answer.KeyId).toBe(arn(symmetric));
    expect(answer.Plaintext).toHaveLength(length);
    const { CiphertextBlob } = answer;
    const decrypted = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(decrypted.Plaintext).toEqual(answer.Plaintext);
    const unbound = await refusalOf(client.send(new DecryptCommand({ CiphertextBlob })));
    expect(unbound.name).toBe('InvalidCiphertextException');
  });

  it.each([[{}], [{ KeySpec: 'AES_256', NumberOfBytes: 32 } as const]])(
    'refuses %j: one size, not none or two',
    async (size) => {
      const command = new GenerateDataKeyCommand({ KeyId: symmetric, ...size });
      expect(await refusalOf(client.send(command))).toMatchObject({
        name: 'ValidationException',
        message: 'Please specify either number of bytes or key spec.',
      });
    },
  );

  it.each([
    'RSA_2048',
    'RSA_3072',
    'RSA_4096',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'ECC_NIST_EDWARDS25519',
  ] as const)('generates a key pair of %s that signs', async (KeyPairSpec) => {
    const answer = await client.send(
      new GenerateDataKeyPairCommand({ KeyId: symmetric, KeyPairSpec }),
    );
    expect(answer).toMatchObject({ KeyId: arn(symmetric), KeyPairSpec });
    const { Plaintext } = await client.send(
      new DecryptCommand({ CiphertextBlob: answer.PrivateKeyCiphertextBlob }),
    );
    expect(Plaintext).toEqual(answer.PrivateKeyPlaintext);
    const der = (key: Uint8Array | undefined) => ({ key: key as Buffer, format: 'der' }) as const;
    const privateKey = createPrivateKey({ ...der(Plaintext), type: 'pkcs8' });
    const publicKey = createPublicKey({ ...der(answer.PublicKey), type: 'spki' });
    const hash = KeyPairSpec === 'ECC_NIST_EDWARDS25519' ? null : 'sha256';
    const message = Buffer.from('message');
    expect(verify(hash, message, publicKey, sign(hash, message, privateKey))).toBe(true);
  });

  it('does not make SM2 key pairs, and says so', async () => {
    const command = new GenerateDataKeyPairCommand({ KeyId: symmetric, KeyPairSpec: 'SM2' });
    expect((await refusalOf(client.send(command))).name).toBe('UnsupportedOperationException');
  });

  it('generates nothing under a key of another usage', async () => {
    const command = new GenerateDataKeyCommand({ KeyId: agreement, KeySpec: 'AES_256' });
    expect((await refusalOf(client.send(command))).name).toBe('InvalidKeyUsageException');
  });
});

describe('GenerateRandom', () => {
  it('gives as many bytes as asked for, other ones each time', async () => {
    const random = async () =>
      (await client.send(new GenerateRandomCommand({ NumberOfBytes: 32 }))).Plaintext;
    const [a, b] = [await random(), await random()];
    expect(a).toHaveLength(32);
    expect(a).not.toEqual(b);
  });

  it.each([
    [{}, 'NumberOfBytes is required.'],
    [
      { NumberOfBytes: 1025 },
      "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    ],
  ])('refuses %j', async (input, message) => {
    expect(await refusalOf(client.send(new GenerateRandomCommand(input)))).toMatchObject({
      name: 'ValidationException',
      message,
    });
  });
});

describe('DeriveSharedSecret', () => {
  const derive = (KeyId: string, PublicKey: Uint8Array) =>
    client.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }));

  it.each([
    ['ECC_NIST_P256', 'prime256v1', 32],
    ['ECC_NIST_P384', 'secp384r1', 48],
    ['ECC_NIST_P521', 'secp521r1', 66],
  ] as const)('derives on %s what the peer derives', async (KeySpec, namedCurve, length) => {
    const KeyId = await createKey({ KeySpec, KeyUsage: 'KEY_AGREEMENT' });
    const peer = peerOn(namedCurve);
    const answer = await derive(KeyId, peer.spki);
    expect(answer).toMatchObject({
      KeyId: arn(KeyId),
      KeyAgreementAlgorithm: 'ECDH',
      KeyOrigin: 'AWS_KMS',
    });
    expect(answer.SharedSecret).toHaveLength(length);
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    const publicKey = createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' });
    const expected = diffieHellman({ privateKey: peer.privateKey, publicKey });
    expect(Buffer.from(answer.SharedSecret as Uint8Array)).toEqual(expected);
  });

  it.skipIf(!haveOpenssl)('derives what openssl does (skipped without openssl)', async () => {
    const directory = temporaryDirectory();
    const peer = peerOn('prime256v1');
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: agreement }));
    writeFileSync(join(directory, 'kms.der'), PublicKey as Uint8Array);
    writeFileSync(
      join(directory, 'peer.pem'),
      peer.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    );
    const expected = openssl([
      ...['pkeyutl', '-derive', '-inkey', join(directory, 'peer.pem')],
      ...['-peerform', 'DER', '-peerkey', join(directory, 'kms.der')],
    ]);
    const { SharedSecret } = await derive(agreement, peer.spki);
    expect(Buffer.from(SharedSecret as Uint8Array)).toEqual(Buffer.from(expected));
  });

  it('keeps the leading zeros of the secret', async () => {
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: agreement }));
    const publicKey = createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' });
    // One in 256 secrets begins with a zero: look for one here, then ask KMS for it.
    let peer = peerOn('prime256v1');
    while (diffieHellman({ privateKey: peer.privateKey, publicKey })[0] !== 0) {
      peer = peerOn('prime256v1');
    }
    const { SharedSecret } = await derive(agreement, peer.spki);
    expect(SharedSecret).toHaveLength(32);
    expect(SharedSecret?.[0]).toBe(0);
  });

  it.each<[string, Uint8Array]>([
    ['garbage', Buffer.from('garbage')],
    ['a key on another curve', peerOn('secp384r1').spki],
  ])('refuses %s without a text', async (_name, PublicKey) => {
    const refusal = await refusalOf(derive(agreement, PublicKey));
    expect(refusal.name).toBe('ValidationException');
  });

  it('refuses another usage and another algorithm', async () => {
    const { spki } = peerOn('prime256v1');
    expect(await refusalOf(derive(symmetric, spki))).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${arn(symmetric)} key usage is ENCRYPT_DECRYPT which is not valid for DeriveSharedSecret.`,
    });
    const command = new DeriveSharedSecretCommand({
      KeyId: agreement,
      KeyAgreementAlgorithm: 'DH' as 'ECDH',
      PublicKey: spki,
    });
    expect((await refusalOf(client.send(command))).message).toBe(
      "1 validation error detected: Value 'DH' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]",
    );
  });
});

describe('DryRun and grant tokens', () => {
  it('says that a request would have succeeded, and does nothing', async () => {
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext: new Uint8Array(1) }),
    );
    const KeyId = symmetric;
    const DryRun = true;
    const refusals = await Promise.all(
      [
        client.send(new EncryptCommand({ KeyId, Plaintext: new Uint8Array(1), DryRun })),
        client.send(new DecryptCommand({ CiphertextBlob, DryRun })),
        client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', DryRun })),
        client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'RSA_4096', DryRun })),
      ].map((call) => refusalOf(call)),
    );
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        name: 'DryRunOperationException',
        message: 'The request would have succeeded, but the DryRun option is set.',
      });
    }
  });

  it('gives the error that the request would have had', async () => {
    const damaged = await client.send(
      new EncryptCommand({ KeyId: symmetric, Plaintext: new Uint8Array(1) }),
    );
    const CiphertextBlob = Buffer.concat([damaged.CiphertextBlob as Uint8Array, Buffer.alloc(1)]);
    const refusal = await refusalOf(
      client.send(new DecryptCommand({ CiphertextBlob, DryRun: true })),
    );
    expect(refusal.name).toBe('InvalidCiphertextException');
  });

  it('takes no grant token, having given none', async () => {
    const command = new EncryptCommand({
      KeyId: symmetric,
      Plaintext: new Uint8Array(1),
      GrantTokens: ['AQ'],
    });
    expect((await refusalOf(client.send(command))).name).toBe('InvalidGrantTokenException');
  });
});
