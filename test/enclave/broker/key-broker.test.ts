import { createECDH, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import type { CreateKeyCommandInput, KMS } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createKeyBroker,
  type DataKeyPairSpec,
  deriveKey,
  type KeyBroker,
} from '../../../enclave/index.ts';
import { startLocalKms, type TestKms } from '../../../local-kms/testing.ts';
import { deriveSm2Secret } from '../../../shared/crypto/sm2.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from '../../../shared/key-agreement/index.ts';
import { Secret } from '../../../shared/secret.ts';
import {
  type AttestedClient,
  createAttestedClient,
  createPlainClient,
} from '../../support/attested-client.ts';
import { createTestEnclave } from '../../support/attested-recipient.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const AGREEMENT_SPECS = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];
const CONTEXT = { tenant: 'one' };

let kms: TestKms;
let attested: AttestedClient;
let plain: KMS;
let broker: KeyBroker;

/** Arns of keys, by their names in the configuration. */
const arns: Record<string, string> = {};

beforeAll(async () => {
  kms = await startLocalKms({ transport: { kind: 'tls' } });
  // A region of China, since there is SM2 in no other.
  const server = { ...kms, region: 'cn-north-1' };
  attested = await createAttestedClient(server, createTestEnclave({ root: kms.nsmRoot }).nsm);
  plain = createPlainClient(server);
  const create = async (name: string, input: CreateKeyCommandInput = {}) => {
    const { KeyMetadata } = await plain.createKey(input);
    arns[name] = KeyMetadata?.Arn ?? '';
    return { arn: arns[name], encryptionContext: {} };
  };
  const agreement = await Promise.all(
    AGREEMENT_SPECS.map(async (keySpec) => {
      const key = await create(keySpec, { KeySpec: keySpec, KeyUsage: 'KEY_AGREEMENT' });
      return [keySpec, { ...key, keySpec, operations: ['DeriveSharedSecret'] as const }] as const;
    }),
  );
  const data = await create('data');
  broker = createKeyBroker({
    kms: attested.client,
    keys: {
      ...Object.fromEntries(agreement),
      data: { ...data, operations: ['Decrypt', 'GenerateDataKey', 'GenerateDataKeyPair'] },
      tenant: { ...data, operations: ['Decrypt', 'GenerateDataKey'], encryptionContext: CONTEXT },
      rsa: {
        ...(await create('rsa', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })),
        operations: ['Decrypt'],
      },
      disabled: { ...(await create('disabled')), operations: ['GenerateDataKey'] },
      curveless: { ...(await create('curveless')), operations: ['DeriveSharedSecret'] },
    },
  });
  await plain.disableKey({ KeyId: arns.disabled });
});

afterAll(async () => {
  attested.close();
  plain.destroy();
  await kms.close();
});

describe('a key broker', () => {
  it.each([
    ['AES_128', { spec: 'AES_128' }, 16],
    ['AES_256', { spec: 'AES_256' }, 32],
    ['1 byte', { bytes: 1 }, 1],
    ['1024 bytes', { bytes: 1024 }, 1024],
  ] as const)('makes data keys of %s, and opens them again', async (_what, size, length) => {
    const { plaintext, wrapped } = await broker.generateDataKey({ key: 'data', ...size });
    expect(plaintext.length).toBe(length);
    const again = await broker.decrypt({ key: 'data', ciphertext: wrapped });
    expect(hexOfSecret(again)).toBe(hexOfSecret(plaintext));
    const outside = await plain.decrypt({ KeyId: arns.data, CiphertextBlob: wrapped });
    expect(Buffer.from(outside.Plaintext ?? []).toString('hex')).toBe(hexOfSecret(plaintext));
  });

  it('attests what it asks for', async () => {
    const { plaintext } = await broker.generateDataKey({ key: 'data', spec: 'AES_256' });
    plaintext.dispose();
    const { eventName, additionalEventData } = kms.events.at(-1) ?? {};
    expect(eventName).toBe('GenerateDataKey');
    expect(additionalEventData).toHaveProperty('recipient.attestationDocumentModuleId');
  });

  it('sends the encryption context, with the pairs that are required and others', async () => {
    const encryptionContext = { ...CONTEXT, purpose: 'test' };
    const { wrapped } = await broker.generateDataKey({
      key: 'tenant',
      bytes: 24,
      encryptionContext,
    });
    const opened = await broker.decrypt({ key: 'tenant', ciphertext: wrapped, encryptionContext });
    expect(opened.length).toBe(24);
    const other = { key: 'tenant', ciphertext: wrapped, encryptionContext: CONTEXT };
    await expect(broker.decrypt(other)).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('opens what anyone has encrypted to an RSA key', async () => {
    const { PublicKey } = await plain.getPublicKey({ KeyId: arns.rsa });
    const key = createPublicKey({
      key: Buffer.from(PublicKey ?? []),
      format: 'der',
      type: 'spki',
    });
    const ciphertext = publicEncrypt({ key, oaepHash: 'sha256' }, Buffer.from('for the enclave'));
    const algorithm = 'RSAES_OAEP_SHA_256';
    const opened = await broker.decrypt({ key: 'rsa', ciphertext, algorithm });
    expect(opened.reveal((bytes) => Buffer.from(bytes).toString())).toBe('for the enclave');
  });

  it('gets random bytes', async () => {
    const [one, other] = await Promise.all([
      broker.generateRandom({ bytes: 32 }),
      broker.generateRandom({ bytes: 32 }),
    ]);
    expect(one.length).toBe(32);
    expect(hexOfSecret(one)).not.toBe(hexOfSecret(other));
  });

  it.each(AGREEMENT_SPECS)('agrees on %s with whoever has a key on that curve', async (spec) => {
    const { namedCurve, coordinateBytes } = AGREEMENT_CURVES[spec];
    const pointBytes = 1 + 2 * coordinateBytes;
    const { PublicKey = new Uint8Array() } = await plain.getPublicKey({ KeyId: arns[spec] });
    const peer = createECDH(namedCurve);
    const publicKey = Buffer.concat([PublicKey.subarray(0, -pointBytes), peer.generateKeys()]);
    const ours = await broker.deriveSharedSecret({ key: spec, publicKey });
    expect(ours.spec).toBe(spec);

    const point = PublicKey.subarray(-pointBytes);
    // OpenSSL 3.5 holds every SM2 key pair of an ECDH object for invalid.
    const theirs =
      spec === 'SM2'
        ? Buffer.from(deriveSm2Secret(peer.getPrivateKey(), point))
        : peer.computeSecret(point);
    const use = {
      kdf: { kind: 'hkdf', hash: 'SHA-256' },
      fixedInfo: { algorithmId: Buffer.from('test'), partyU: publicKey, partyV: PublicKey },
      lengthBytes: 32,
    } as const;
    const expected = deriveKey({ ...use, secret: new Secret(Uint8Array.from(theirs)) });
    expect(hexOfSecret(ours.deriveKey(use))).toBe(hexOfSecret(expected));
    expect(ours.revealRawSecret((bytes) => theirs.equals(bytes))).toBe(true);
    ours.dispose();
  });

  it('passes on what KMS refuses', async () => {
    await expect(
      broker.generateDataKey({ key: 'disabled', spec: 'AES_256' }),
    ).rejects.toMatchObject({ name: 'DisabledException' });
    await expect(broker.generateRandom({ bytes: 1025 })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const nothing = broker.generateDataKey({ key: 'data', bytes: 0 });
    await expect(nothing).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('is not made on a client that attests nothing', () => {
    expect(() => createKeyBroker({ kms: plain, keys: {} })).toThrow(
      expect.objectContaining({ code: 'KMS_CLIENT_NOT_ATTESTED' }),
    );
  });
});

describe('before anything leaves', () => {
  const ciphertext = Uint8Array.of(1);
  const spki = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
  const offCurve = Buffer.from(spki);
  offCurve[90] = (offCurve[90] as number) ^ 1;
  const spec = 'AES_256';

  it.each<[string, string, () => Promise<unknown>]>([
    ['an unknown key', 'KEY_UNKNOWN', () => broker.decrypt({ key: 'other', ciphertext })],
    ['a key by its ARN', 'KEY_UNKNOWN', () => broker.decrypt({ key: arns.data ?? '', ciphertext })],
    [
      'a name that every object has',
      'KEY_UNKNOWN',
      () => broker.decrypt({ key: 'constructor', ciphertext }),
    ],
    [
      'an operation that is not permitted',
      'KEY_OPERATION',
      () => broker.generateDataKey({ key: 'rsa', spec }),
    ],
    [
      'a key pair on a key for data keys',
      'KEY_OPERATION',
      () => broker.generateDataKeyPair({ key: 'tenant', spec: 'RSA_2048' }),
    ],
    [
      'a private key to unwrap without Decrypt',
      'KEY_OPERATION',
      () =>
        broker.unwrapPrivateKey({
          key: 'disabled',
          spec: 'ECC_NIST_P256',
          wrappedPrivateKey: ciphertext,
          publicKey: spki,
        }),
    ],
    [
      'an agreement with a key for data',
      'KEY_OPERATION',
      () => broker.deriveSharedSecret({ key: 'data', publicKey: spki }),
    ],
    [
      'no encryption context where one is required',
      'KEY_CONTEXT',
      () => broker.generateDataKey({ key: 'tenant', spec }),
    ],
    [
      'another value in the encryption context',
      'KEY_CONTEXT',
      () => broker.decrypt({ key: 'tenant', ciphertext, encryptionContext: { tenant: 'two' } }),
    ],
    [
      'a pair that is only inherited',
      'KEY_CONTEXT',
      () =>
        broker.decrypt({
          key: 'tenant',
          ciphertext,
          encryptionContext: Object.create(CONTEXT) as typeof CONTEXT,
        }),
    ],
    [
      'an agreement on a curve that nobody stated',
      'CONFIG_INVALID',
      () => broker.deriveSharedSecret({ key: 'curveless', publicKey: spki }),
    ],
    [
      'a public key on another curve',
      'AGREEMENT_KEY_CURVE',
      () => broker.deriveSharedSecret({ key: 'ECC_NIST_P384', publicKey: spki }),
    ],
    [
      'a public key on another curve of the same size',
      'AGREEMENT_KEY_CURVE',
      () => broker.deriveSharedSecret({ key: 'SM2', publicKey: spki }),
    ],
    [
      'a point off the curve',
      'AGREEMENT_KEY_NOT_ON_CURVE',
      () => broker.deriveSharedSecret({ key: 'ECC_NIST_P256', publicKey: offCurve }),
    ],
    [
      'something that is no public key',
      'ASN1_SYNTAX',
      () => broker.deriveSharedSecret({ key: 'ECC_NIST_P256', publicKey: ciphertext }),
    ],
  ])('refuses %s: %s', async (_what, code, call) => {
    const before = kms.events.length;
    await expect(call()).rejects.toMatchObject({ code });
    expect(kms.events.length).toBe(before);
  });
});

const PAIR_SPECS: readonly [spec: DataKeyPairSpec, type: string | undefined, kty?: string][] = [
  ['RSA_2048', 'rsa', 'RSA'],
  ['RSA_3072', 'rsa', 'RSA'],
  ['RSA_4096', 'rsa', 'RSA'],
  ['ECC_NIST_P256', 'ec', 'EC'],
  ['ECC_NIST_P384', 'ec', 'EC'],
  ['ECC_NIST_P521', 'ec', 'EC'],
  ['ECC_SECG_P256K1', 'ec', 'EC'],
  ['ECC_NIST_EDWARDS25519', 'ed25519', 'OKP'],
  ['SM2', undefined],
];

describe('a data key pair', () => {
  it.each(PAIR_SPECS)('of %s has both halves, and is opened again', async (spec, type, kty) => {
    const encryptionContext = { purpose: 'test' };
    const call = { key: 'data', spec, encryptionContext };
    const pair = await broker.generateDataKeyPair(call);
    expect(pair.spec).toBe(spec);
    expect(pair.privateKey?.asymmetricKeyType).toBe(type);
    expect(pair.exportJwk()?.kty).toBe(kty);
    if (pair.privateKey !== undefined) {
      const spki = createPublicKey(pair.privateKey).export({ format: 'der', type: 'spki' });
      expect(spki.equals(pair.publicKey)).toBe(true);
    }
    const { wrappedPrivateKey, publicKey } = pair;
    const again = await broker.unwrapPrivateKey({ ...call, wrappedPrivateKey, publicKey });
    expect(hexOfSecret(again.pkcs8)).toBe(hexOfSecret(pair.pkcs8));
    expect(again.exportJwk()).toEqual(pair.exportJwk());
    pair.dispose();
    expect([pair.pkcs8.disposed, again.pkcs8.disposed]).toEqual([true, false]);
  });

  it('is not opened for the public key of another one', async () => {
    const call = { key: 'data', spec: 'ECC_NIST_P256' } as const;
    const { wrappedPrivateKey } = await broker.generateDataKeyPair(call);
    const { publicKey } = await broker.generateDataKeyPair(call);
    const opening = broker.unwrapPrivateKey({ ...call, wrappedPrivateKey, publicKey });
    await expect(opening).rejects.toMatchObject({ code: 'KMS_KEY_PAIR' });
  });
});
