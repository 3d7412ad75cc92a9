import {
  constants,
  createHash,
  createPublicKey,
  randomBytes,
  verify as verifyWithNode,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KMSClient,
  SignCommand,
  type SignCommandInput,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING };

type Case = readonly [
  spec: KeySpec,
  algorithm: SigningAlgorithmSpec,
  hash: 'sha256' | 'sha384' | 'sha512',
  options: { readonly padding?: number; readonly saltLength?: number },
];

/** What takes messages and digests, and how node:crypto verifies it. */
const cases: readonly Case[] = [
  ...(['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).flatMap((spec): Case[] => [
    [spec, 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}],
    [spec, 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', {}],
    [spec, 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', {}],
    [spec, 'RSASSA_PSS_SHA_256', 'sha256', { ...PSS, saltLength: 32 }],
    [spec, 'RSASSA_PSS_SHA_384', 'sha384', { ...PSS, saltLength: 48 }],
    [spec, 'RSASSA_PSS_SHA_512', 'sha512', { ...PSS, saltLength: 64 }],
  ]),
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', {}],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', {}],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', {}],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', {}],
];

const Message = Buffer.from('a message');

let kms: LocalKms;
let client: KMSClient;
const keys = new Map<string, string>();
const publicKeys = new Map<string, ReturnType<typeof createPublicKey>>();

beforeAll(async () => {
  kms = await startTestKms();
  client = createTestClient(kms);
  for (const KeySpec of new Set<KeySpec>([
    ...cases.map(([spec]) => spec),
    'ECC_NIST_EDWARDS25519',
  ])) {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }),
    );
    const KeyId = KeyMetadata?.Arn ?? '';
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    keys.set(KeySpec, KeyId);
    publicKeys.set(
      KeySpec,
      createPublicKey({ key: PublicKey as Buffer, format: 'der', type: 'spki' }),
    );
  }
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

const publicKeyOf = (spec: KeySpec) => publicKeys.get(spec) as ReturnType<typeof createPublicKey>;

type Signable = Omit<SignCommandInput, 'KeyId' | 'SigningAlgorithm' | 'Message'> & {
  readonly Message?: Uint8Array;
};

const sign = (spec: KeySpec, SigningAlgorithm: SigningAlgorithmSpec, input: Signable = {}) =>
  client.send(new SignCommand({ KeyId: keys.get(spec), SigningAlgorithm, Message, ...input }));

const verify = (
  spec: KeySpec,
  SigningAlgorithm: SigningAlgorithmSpec,
  Signature: Uint8Array | undefined,
  input: Signable = {},
) =>
  client.send(
    new VerifyCommand({ KeyId: keys.get(spec), SigningAlgorithm, Message, Signature, ...input }),
  );

const digestOf = (hash: string) => createHash(hash).update(Message).digest();

describe('Sign and Verify', () => {
  it.each(cases)('%s, %s: node:crypto and Verify take the signature', async (...one) => {
    const [spec, SigningAlgorithm, hash, options] = one;
    const asDigest = { MessageType: 'DIGEST', Message: digestOf(hash) } as const;
    for (const input of [{}, { MessageType: 'RAW' } as const, asDigest]) {
      const { Signature, ...answer } = await sign(spec, SigningAlgorithm, input);
      expect(answer).toMatchObject({ KeyId: keys.get(spec), SigningAlgorithm });
      const key = { key: publicKeyOf(spec), ...options };
      expect(verifyWithNode(hash, Message, key, Signature ?? new Uint8Array())).toBe(true);
      // A message and its digest are the same message.
      for (const other of [{}, asDigest]) {
        const verified = await verify(spec, SigningAlgorithm, Signature, other);
        expect(verified).toMatchObject({
          KeyId: keys.get(spec),
          SigningAlgorithm,
          SignatureValid: true,
        });
      }
    }
  });

  it.each(cases)('%s, %s: verifies nothing else', async (...one) => {
    const [spec, SigningAlgorithm, hash] = one;
    const { Signature = new Uint8Array() } = await sign(spec, SigningAlgorithm);
    const changed = Uint8Array.from(Signature);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    for (const type of ['RAW', 'DIGEST'] as const) {
      const signable = { MessageType: type, Message: type === 'RAW' ? Message : digestOf(hash) };
      for (const wrong of [
        changed,
        Signature.slice(0, -1),
        Uint8Array.of(...Signature, 0),
        new Uint8Array(Signature.length),
        new Uint8Array(Signature.length).fill(0xff),
        Uint8Array.of(0),
      ]) {
        const refusal = await refusalOf(verify(spec, SigningAlgorithm, wrong, signable));
        expect(refusal.name).toBe('KMSInvalidSignatureException');
      }
      const other = randomBytes(signable.Message.length);
      const refusal = await refusalOf(
        verify(spec, SigningAlgorithm, Signature, { ...signable, Message: other }),
      );
      expect(refusal.name).toBe('KMSInvalidSignatureException');
    }
  });

  it.each(cases)('%s, %s: refuses a digest of another length', async (...one) => {
    const [spec, SigningAlgorithm, hash] = one;
    const length = digestOf(hash).length;
    for (const wrong of [20, length - 1, length + 1]) {
      const input = { MessageType: 'DIGEST', Message: new Uint8Array(wrong) } as const;
      for (const call of [
        sign(spec, SigningAlgorithm, input),
        verify(spec, SigningAlgorithm, new Uint8Array(64), input),
      ]) {
        expect(await refusalOf(call)).toMatchObject({
          name: 'ValidationException',
          message: `Digest is invalid length for algorithm ${SigningAlgorithm}.`,
        });
      }
    }
  });

  it.skipIf(!haveOpenssl).each(cases)(
    '%s, %s: the openssl command takes the signature of a digest (skipped without openssl)',
    async (...one) => {
      const [spec, SigningAlgorithm, hash, { saltLength }] = one;
      const directory = temporaryDirectory();
      const path = (name: string) => join(directory, name);
      const { Signature } = await sign(spec, SigningAlgorithm, {
        MessageType: 'DIGEST',
        Message: digestOf(hash),
      });
      writeFileSync(path('key.pem'), publicKeyOf(spec).export({ format: 'pem', type: 'spki' }));
      writeFileSync(path('signature'), Signature ?? new Uint8Array());
      writeFileSync(path('message'), Message);
      const pss =
        saltLength === undefined
          ? []
          : ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${saltLength}`];
      const output = openssl([
        ...['dgst', `-${hash}`, '-verify', path('key.pem'), ...pss],
        ...['-signature', path('signature'), path('message')],
      ]);
      expect(Buffer.from(output).toString()).toBe('Verified OK\n');
    },
  );

  it('does not take PSS for PKCS #1 v1.5, or one hash for another', async () => {
    const { Signature } = await sign('RSA_2048', 'RSASSA_PSS_SHA_256');
    for (const other of ['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PSS_SHA_384'] as const) {
      const refusal = await refusalOf(verify('RSA_2048', other, Signature));
      expect(refusal.name).toBe('KMSInvalidSignatureException');
    }
  });

  describe('on Ed25519', () => {
    const spec = 'ECC_NIST_EDWARDS25519';
    const digest = {
      MessageType: 'DIGEST',
      Message: createHash('sha512').update(Message).digest(),
    };

    it('signs messages with ED25519_SHA_512', async () => {
      const { Signature = new Uint8Array() } = await sign(spec, 'ED25519_SHA_512');
      expect(verifyWithNode(null, Message, publicKeyOf(spec), Signature)).toBe(true);
      expect(await verify(spec, 'ED25519_SHA_512', Signature)).toMatchObject({
        SignatureValid: true,
      });
      const changed = Signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
      const refusal = await refusalOf(verify(spec, 'ED25519_SHA_512', changed));
      expect(refusal.name).toBe('KMSInvalidSignatureException');
    });

    it('signs digests with ED25519_PH_SHA_512, which is another signature', async () => {
      const input = digest as Signable;
      const { Signature } = await sign(spec, 'ED25519_PH_SHA_512', input);
      expect(Signature).toHaveLength(64);
      expect(await verify(spec, 'ED25519_PH_SHA_512', Signature, input)).toMatchObject({
        SignatureValid: true,
      });
      const pure = verify(spec, 'ED25519_SHA_512', Signature, { Message: input.Message as Buffer });
      expect((await refusalOf(pure)).name).toBe('KMSInvalidSignatureException');
    });

    it.each([
      [
        'ED25519_SHA_512',
        'DIGEST',
        64,
        'Message type DIGEST is incompatible with algorithm ED25519_SHA_512.',
      ],
      [
        'ED25519_PH_SHA_512',
        'RAW',
        64,
        'Message type RAW is incompatible with algorithm ED25519_PH_SHA_512.',
      ],
      [
        'ED25519_PH_SHA_512',
        'DIGEST',
        63,
        'Digest is invalid length for algorithm ED25519_PH_SHA_512.',
      ],
      [
        'ED25519_SHA_512',
        'EXTERNAL_MU',
        64,
        'Message type EXTERNAL_MU is incompatible with algorithm ED25519_SHA_512.',
      ],
    ] as const)(
      'refuses %s with %s of %i bytes',
      async (algorithm, MessageType, length, message) => {
        const input = { MessageType, Message: new Uint8Array(length) };
        expect(await refusalOf(sign(spec, algorithm, input))).toMatchObject({
          name: 'ValidationException',
          message,
        });
        const verification = verify(spec, algorithm, new Uint8Array(64), input);
        expect(await refusalOf(verification)).toMatchObject({
          name: 'ValidationException',
          message,
        });
      },
    );
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'an algorithm of another kind of key',
      () => sign('RSA_2048', 'ECDSA_SHA_256'),
      'InvalidKeyUsageException',
      'Algorithm ECDSA_SHA_256 is incompatible with key spec RSA_2048.',
    ],
    [
      'an algorithm of another curve',
      () => verify('ECC_NIST_P256', 'ECDSA_SHA_384', new Uint8Array(8)),
      'InvalidKeyUsageException',
      'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.',
    ],
    [
      'EXTERNAL_MU for RSA',
      () => sign('RSA_2048', 'RSASSA_PSS_SHA_256', { MessageType: 'EXTERNAL_MU' }),
      'ValidationException',
      'Message type EXTERNAL_MU is incompatible with algorithm RSASSA_PSS_SHA_256.',
    ],
    [
      'an unknown algorithm',
      () => sign('RSA_2048', 'MD5' as 'ECDSA_SHA_256'),
      'ValidationException',
      "1 validation error detected: Value 'MD5' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RSASSA_PSS_SHA_256, RSASSA_PSS_SHA_384, RSASSA_PSS_SHA_512, RSASSA_PKCS1_V1_5_SHA_256, RSASSA_PKCS1_V1_5_SHA_384, RSASSA_PKCS1_V1_5_SHA_512, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, SM2DSA, ML_DSA_SHAKE_256, ED25519_SHA_512, ED25519_PH_SHA_512]",
    ],
    [
      'too long a message',
      () => sign('RSA_2048', 'RSASSA_PSS_SHA_256', { Message: new Uint8Array(4097) }),
      'ValidationException',
      "1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096",
    ],
    [
      'to do anything on DryRun',
      () => sign('RSA_2048', 'RSASSA_PSS_SHA_256', { DryRun: true }),
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    ],
  ])('refuses %s', async (_name, call, name, message) => {
    expect(await refusalOf(call())).toMatchObject({ name, message });
  });

  it('says on DryRun whether a signature would hold', async () => {
    const algorithm = 'ECDSA_SHA_256';
    const { Signature } = await sign('ECC_NIST_P256', algorithm);
    const good = verify('ECC_NIST_P256', algorithm, Signature, { DryRun: true });
    expect((await refusalOf(good)).name).toBe('DryRunOperationException');
    const bad = verify('ECC_NIST_P256', algorithm, Uint8Array.of(1), { DryRun: true });
    expect((await refusalOf(bad)).name).toBe('KMSInvalidSignatureException');
  });

  it('refuses a key of another usage', async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
    );
    const KeyId = KeyMetadata?.Arn ?? '';
    const command = new SignCommand({ KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' });
    expect(await refusalOf(client.send(command))).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${KeyId} key usage is KEY_AGREEMENT which is not valid for Sign.`,
    });
  });
});
