import {
  createECDH,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyPairCommand,
  GetPublicKeyCommand,
  type KeyUsageType,
  type KMSClient,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { computeSm2Digest, deriveSm2Secret } from '../../../shared/crypto/sm2.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ID = '1234567812345678';
const Message = Buffer.from('a message');
const Plaintext = new TextEncoder().encode('a secret');
const OPENSSL_PLAIN = ' (skipped without openssl)';

interface Sm2Key {
  readonly KeyId: string;
  readonly spki: Buffer;
}

let kms: LocalKms;
let client: KMSClient;
let signing: Sm2Key;
let encryption: Sm2Key;
let agreement: Sm2Key;
let symmetric: string;

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms, { region: 'cn-northwest-1' });
  signing = await createKey('SIGN_VERIFY');
  encryption = await createKey('ENCRYPT_DECRYPT');
  agreement = await createKey('KEY_AGREEMENT');
  symmetric = (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

async function createKey(KeyUsage: KeyUsageType): Promise<Sm2Key> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage }));
  const KeyId = KeyMetadata?.Arn ?? '';
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return { KeyId, spki: Buffer.from(PublicKey ?? []) };
}

/** Files for the openssl command, in a directory of their own. */
function filesOf(
  contents: Readonly<Record<string, string | Uint8Array>>,
): (name: string) => string {
  const directory = temporaryDirectory();
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(directory, name), content);
  }
  return (name) => join(directory, name);
}

const pem = (spki: Uint8Array) =>
  createPublicKey({ key: spki as Buffer, format: 'der', type: 'spki' }).export({
    format: 'pem',
    type: 'spki',
  });

const pointOf = (spki: Uint8Array) => spki.subarray(-65);

describe('SM2DSA', () => {
  const sign = (input: object = {}) =>
    client.send(
      new SignCommand({ KeyId: signing.KeyId, SigningAlgorithm: 'SM2DSA', Message, ...input }),
    );
  const verify = (Signature: Uint8Array | undefined, input: object = {}) =>
    client.send(
      new VerifyCommand({
        KeyId: signing.KeyId,
        SigningAlgorithm: 'SM2DSA',
        Message,
        Signature,
        ...input,
      }),
    );
  const digestWith = (id: string) => ({
    MessageType: 'DIGEST',
    Message: computeSm2Digest(Message, pointOf(signing.spki), Buffer.from(id)),
  });

  it('takes a message and its digest for the same', async () => {
    for (const input of [{}, digestWith(ID)]) {
      const { Signature, ...answer } = await sign(input);
      expect(answer).toMatchObject({ KeyId: signing.KeyId, SigningAlgorithm: 'SM2DSA' });
      for (const other of [{}, digestWith(ID)]) {
        expect(await verify(Signature, other)).toMatchObject({ SignatureValid: true });
      }
      const another = await refusalOf(verify(Signature, digestWith('another id')));
      expect(another.name).toBe('KMSInvalidSignatureException');
    }
  });

  it('verifies nothing else', async () => {
    const { Signature = new Uint8Array() } = await sign();
    const wrong = [...oneByteMutations(Signature)].filter((_, i) => i % 8 === 0);
    for (const { mutated } of wrong) {
      const refusal = await refusalOf(verify(mutated));
      expect(refusal.name).toBe('KMSInvalidSignatureException');
    }
    const plain = createHash('sm3').update(Message).digest();
    const refusal = await refusalOf(verify(Signature, { MessageType: 'DIGEST', Message: plain }));
    expect(refusal.name).toBe('KMSInvalidSignatureException');
    const short = { MessageType: 'DIGEST', Message: new Uint8Array(31) };
    expect(await refusalOf(verify(Signature, short))).toMatchObject({
      name: 'ValidationException',
      message: 'Digest is invalid length for algorithm SM2DSA.',
    });
  });

  it.skipIf(!haveOpenssl)(`signs what openssl verifies${OPENSSL_PLAIN}`, async () => {
    for (const [input, id] of [
      [{}, ID],
      [digestWith('another id'), 'another id'],
    ] as const) {
      const { Signature = new Uint8Array() } = await sign(input);
      const path = filesOf({
        'key.pem': pem(signing.spki),
        signature: Signature,
        message: Message,
      });
      const output = openssl([
        ...['pkeyutl', '-verify', '-rawin', '-digest', 'sm3', '-pkeyopt', `distid:${id}`],
        ...['-pubin', '-inkey', path('key.pem'), '-in', path('message')],
        ...['-sigfile', path('signature')],
      ]);
      expect(Buffer.from(output).toString()).toContain('Signature Verified Successfully');
    }
  });

  it('refuses other algorithms', async () => {
    expect(await refusalOf(sign({ SigningAlgorithm: 'ECDSA_SHA_256' }))).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: 'Algorithm ECDSA_SHA_256 is incompatible with key spec SM2.',
    });
  });
});

describe('SM2PKE', () => {
  const encrypt = (plaintext: Uint8Array) =>
    client.send(
      new EncryptCommand({
        KeyId: encryption.KeyId,
        EncryptionAlgorithm: 'SM2PKE',
        Plaintext: plaintext,
      }),
    );
  const decrypt = (CiphertextBlob: Uint8Array | undefined) =>
    client.send(
      new DecryptCommand({
        KeyId: encryption.KeyId,
        EncryptionAlgorithm: 'SM2PKE',
        CiphertextBlob,
      }),
    );

  it('round trips up to 1024 bytes', async () => {
    for (const length of [1, 1024]) {
      const plaintext = randomBytes(length);
      const encrypted = await encrypt(plaintext);
      expect(encrypted).toMatchObject({
        KeyId: encryption.KeyId,
        EncryptionAlgorithm: 'SM2PKE',
      });
      const decrypted = await decrypt(encrypted.CiphertextBlob);
      expect(Buffer.from(decrypted.Plaintext ?? [])).toEqual(plaintext);
    }
    expect(await refusalOf(encrypt(randomBytes(1025)))).toMatchObject({
      name: 'ValidationException',
      message: 'Algorithm SM2PKE and key spec SM2 cannot encrypt data larger than 1024 bytes.',
    });
  });

  it.skipIf(!haveOpenssl)(`decrypts what openssl encrypts${OPENSSL_PLAIN}`, async () => {
    const path = filesOf({ 'key.pem': pem(encryption.spki) });
    for (let i = 0; i < 5; i++) {
      const ciphertext = openssl(
        ['pkeyutl', '-encrypt', '-pubin', '-inkey', path('key.pem')],
        Plaintext,
      );
      expect((await decrypt(ciphertext)).Plaintext).toEqual(Plaintext);
    }
  });

  it('does not decrypt what was changed, and does not say why', async () => {
    const { CiphertextBlob: blob = new Uint8Array() } = await encrypt(Plaintext);
    const mutations = [...oneByteMutations(blob)].filter((_, i) => i % 8 === 0);
    const wrong = [...mutations.map(({ mutated }) => mutated), blob.slice(0, -1), Uint8Array.of(0)];
    for (const CiphertextBlob of wrong) {
      const refusal = await refusalOf(decrypt(CiphertextBlob));
      expect(refusal.name).toBe('InvalidCiphertextException');
    }
  });
});

describe('SM2 key agreement', () => {
  const derive = (PublicKey: Uint8Array) =>
    client.send(
      new DeriveSharedSecretCommand({
        KeyId: agreement.KeyId,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey,
      }),
    );
  const prefix = () => agreement.spki.subarray(0, -65);

  it('derives what the peer derives', async () => {
    const peer = createECDH('SM2');
    peer.generateKeys();
    const { SharedSecret, ...answer } = await derive(
      Buffer.concat([prefix(), peer.getPublicKey()]),
    );
    expect(answer).toMatchObject({
      KeyId: agreement.KeyId,
      KeyAgreementAlgorithm: 'ECDH',
      KeyOrigin: 'AWS_KMS',
    });
    expect(SharedSecret).toHaveLength(32);
    const expected = deriveSm2Secret(peer.getPrivateKey(), pointOf(agreement.spki));
    expect(SharedSecret).toEqual(expected);
  });

  const offCurve = () => {
    const point = Buffer.from(pointOf(agreement.spki));
    point[64] = (point[64] as number) ^ 1;
    return Buffer.concat([prefix(), point]);
  };
  it.each<[string, () => Uint8Array]>([
    ['garbage', () => Buffer.from('garbage')],
    ['a key that is cut', () => agreement.spki.subarray(0, -1)],
    ['bytes behind the key', () => Buffer.concat([agreement.spki, Buffer.alloc(1)])],
    ['a point off the curve', offCurve],
    ['the point (0, 0)', () => Buffer.concat([prefix(), Buffer.of(4), Buffer.alloc(64)])],
    [
      'a key on P-256',
      () =>
        generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
          format: 'der',
          type: 'spki',
        }),
    ],
  ])('refuses %s', async (_name, spki) => {
    expect((await refusalOf(derive(spki()))).name).toBe('ValidationException');
  });
});

describe('SM2 data key pairs', () => {
  it.skipIf(!haveOpenssl)(`are PKCS #8 and SPKI that openssl takes${OPENSSL_PLAIN}`, async () => {
    const answer = await client.send(
      new GenerateDataKeyPairCommand({ KeyId: symmetric, KeyPairSpec: 'SM2' }),
    );
    expect(answer).toMatchObject({ KeyId: symmetric, KeyPairSpec: 'SM2' });
    const { PrivateKeyPlaintext = new Uint8Array(), PublicKey = new Uint8Array() } = answer;
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob: answer.PrivateKeyCiphertextBlob }),
    );
    expect(opened.Plaintext).toEqual(PrivateKeyPlaintext);

    const path = filesOf({ 'key.der': PrivateKeyPlaintext, message: Message });
    const derived = openssl([
      'pkey',
      '-inform',
      'DER',
      '-in',
      path('key.der'),
      '-pubout',
      '-outform',
      'DER',
    ]);
    expect(Buffer.from(derived)).toEqual(Buffer.from(PublicKey));
    const options = ['-rawin', '-digest', 'sm3', '-pkeyopt', `distid:${ID}`];
    const key = ['-keyform', 'DER', '-inkey', path('key.der'), '-in', path('message')];
    openssl(['pkeyutl', '-sign', ...options, ...key, '-out', path('signature')]);
    expect(readFileSync(path('signature')).length).toBeGreaterThan(60);
    openssl(['pkeyutl', '-verify', ...options, ...key, '-sigfile', path('signature')]);
  });

  it('are not made elsewhere', async () => {
    const elsewhere = createTestClient(kms);
    const { KeyMetadata } = await elsewhere.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId;
    const command = new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'SM2' });
    expect(await refusalOf(elsewhere.send(command))).toMatchObject({
      name: 'UnsupportedOperationException',
      message: 'KeyPairSpec SM2 is not supported in this region.',
    });
    elsewhere.destroy();
  });
});
