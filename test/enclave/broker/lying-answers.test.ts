import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyBroker, type KeyBroker } from '../../../enclave/index.ts';
import { RECIPIENT_OPERATIONS, type RecipientOperation } from '../../../shared/kms/index.ts';
import { type AttestedClient, createAttestedClient } from '../../support/attested-client.ts';
import { createTestEnclave, createTestRoot } from '../../support/attested-recipient.ts';
import { createOwnKeyPair } from '../../support/key-import.ts';
import { type LyingAnswer, type LyingKms, startLyingKms } from '../../support/lying-kms.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const OTHER = ARN.replace('1234abcd', '00000000');
const KeyId = ARN;
const SECRET = new TextEncoder().encode('thirty-two bytes of key material');
const WRAPPED = Uint8Array.of(1, 2, 3);

const own = createOwnKeyPair('ECC_NIST_P256');
const other = createOwnKeyPair('ECC_NIST_P256');
const PAIR = {
  KeyId,
  secret: own.privateKey,
  PublicKey: own.publicKey,
  PrivateKeyCiphertextBlob: WRAPPED,
};

let kms: LyingKms;
let attested: AttestedClient;
let broker: KeyBroker;

beforeAll(async () => {
  kms = await startLyingKms();
  const { nsm } = createTestEnclave({ root: await createTestRoot() });
  attested = await createAttestedClient(kms, nsm);
  const key = { arn: ARN, encryptionContext: {} };
  broker = createKeyBroker({
    kms: attested.client,
    keys: {
      data: { ...key, operations: ['Decrypt', 'GenerateDataKey', 'GenerateDataKeyPair'] },
      peers: { ...key, operations: ['DeriveSharedSecret'], keySpec: 'ECC_NIST_P256' },
    },
  });
});

afterAll(() => {
  attested.close();
  kms.close();
});

beforeEach(() => {
  kms.calls.length = 0;
});

const decrypt = () => broker.decrypt({ key: 'data', ciphertext: WRAPPED });
const dataKey = () => broker.generateDataKey({ key: 'data', spec: 'AES_256' });
const dataKeyPair = () => broker.generateDataKeyPair({ key: 'data', spec: 'ECC_NIST_P256' });
const agreement = () => broker.deriveSharedSecret({ key: 'peers', publicKey: other.publicKey });
const random = () => broker.generateRandom({ bytes: 32 });
const unwrap = () =>
  broker.unwrapPrivateKey({
    key: 'data',
    spec: 'ECC_NIST_P256',
    wrappedPrivateKey: WRAPPED,
    publicKey: own.publicKey,
  });

type Call = () => Promise<unknown>;

const HONEST: readonly (readonly [RecipientOperation, Call, LyingAnswer, object])[] = [
  [
    'Decrypt',
    decrypt,
    { KeyId, secret: SECRET },
    { KeyId, CiphertextBlob: 'AQID', EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  ],
  [
    'GenerateDataKey',
    dataKey,
    { KeyId, secret: SECRET, CiphertextBlob: WRAPPED },
    { KeyId, KeySpec: 'AES_256' },
  ],
  ['GenerateDataKeyPair', dataKeyPair, PAIR, { KeyId, KeyPairSpec: 'ECC_NIST_P256' }],
  [
    'DeriveSharedSecret',
    agreement,
    { KeyId, secret: SECRET },
    { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: other.publicKey.toString('base64') },
  ],
  ['GenerateRandom', random, { secret: SECRET }, { NumberOfBytes: 32 }],
];

describe.each(HONEST)('%s', (operation, call, answer, sent) => {
  it('asks for what was asked for and no more, and takes an honest answer', async () => {
    kms.answer = answer;
    await call();
    const [{ Recipient, ...body } = {}] = kms.calls.map((received) => received.body);
    expect(kms.calls.map((received) => received.operation)).toEqual([operation]);
    expect(body).toEqual(sent);
    expect(Recipient).toMatchObject({ KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' });
  });

  it.each<[string, string, LyingAnswer]>([
    ['no envelope', 'KMS_ENVELOPE_MISSING', { ...answer, secret: undefined }],
    ...(operation === 'GenerateRandom'
      ? []
      : ([
          ['the ARN of another key', 'KMS_OTHER_KEY', { ...answer, KeyId: OTHER }],
          ['no ARN', 'KMS_OTHER_KEY', { ...answer, KeyId: undefined }],
        ] as [string, string, LyingAnswer][])),
    [
      'plaintext beside the envelope',
      'KMS_PLAINTEXT_ANSWERED',
      { ...answer, [RECIPIENT_OPERATIONS[operation].plaintextMember]: SECRET },
    ],
  ])('refuses an answer with %s: %s', async (_what, code, lie) => {
    kms.answer = lie;
    await expect(call()).rejects.toMatchObject({ code });
  });
});

const bytes = (length: number) => new Uint8Array(length).fill(7);

it.each<[string, string, Call, LyingAnswer]>([
  [
    'a data key one byte short',
    'KMS_ANSWER_LENGTH',
    dataKey,
    { KeyId, secret: bytes(31), CiphertextBlob: WRAPPED },
  ],
  [
    'a data key of another spec',
    'KMS_ANSWER_LENGTH',
    dataKey,
    { KeyId, secret: bytes(16), CiphertextBlob: WRAPPED },
  ],
  [
    'a data key of another number of bytes',
    'KMS_ANSWER_LENGTH',
    () => broker.generateDataKey({ key: 'data', bytes: 24 }),
    { KeyId, secret: bytes(32), CiphertextBlob: WRAPPED },
  ],
  [
    'a data key without its wrapped form',
    'KMS_ANSWER_INCOMPLETE',
    dataKey,
    { KeyId, secret: SECRET },
  ],
  [
    'a data key with an empty wrapped form',
    'KMS_ANSWER_INCOMPLETE',
    dataKey,
    { KeyId, secret: SECRET, CiphertextBlob: '' },
  ],
  [
    'a data key for the bare id of the key',
    'KMS_OTHER_KEY',
    dataKey,
    { KeyId: ARN.split('/')[1], secret: SECRET, CiphertextBlob: WRAPPED },
  ],
  ['an empty plaintext', 'KMS_ANSWER_INCOMPLETE', decrypt, { KeyId, secret: bytes(0) }],
  ['fewer random bytes', 'KMS_ANSWER_LENGTH', random, { secret: bytes(31) }],
  ['more random bytes', 'KMS_ANSWER_LENGTH', random, { secret: bytes(33) }],
  [
    'a shared secret without its leading zero',
    'KMS_ANSWER_LENGTH',
    agreement,
    { KeyId, secret: bytes(31) },
  ],
  [
    'a shared secret of another curve',
    'KMS_ANSWER_LENGTH',
    agreement,
    { KeyId, secret: bytes(48) },
  ],
  [
    'the public key of another pair',
    'KMS_KEY_PAIR',
    dataKeyPair,
    { ...PAIR, PublicKey: other.publicKey },
  ],
  [
    'the private key of another pair',
    'KMS_KEY_PAIR',
    dataKeyPair,
    { ...PAIR, secret: other.privateKey },
  ],
  [
    'a pair of another spec',
    'KMS_KEY_PAIR',
    () => broker.generateDataKeyPair({ key: 'data', spec: 'ECC_SECG_P256K1' }),
    PAIR,
  ],
  ['no public key', 'KMS_ANSWER_INCOMPLETE', dataKeyPair, { ...PAIR, PublicKey: undefined }],
  [
    'no wrapped private key',
    'KMS_ANSWER_INCOMPLETE',
    dataKeyPair,
    { ...PAIR, PrivateKeyCiphertextBlob: undefined },
  ],
  [
    'another private key than the wrapped one',
    'KMS_KEY_PAIR',
    unwrap,
    { KeyId, secret: other.privateKey },
  ],
  ['something that is no private key', 'KMS_KEY_PAIR', unwrap, { KeyId, secret: SECRET }],
])('refuses %s: %s', async (_what, code, call, lie) => {
  kms.answer = lie;
  await expect(call()).rejects.toMatchObject({ code });
});

it('takes the bare key id that DeriveSharedSecret may answer', async () => {
  kms.answer = { KeyId: ARN.split('/')[1], secret: SECRET };
  const shared = await agreement();
  expect(shared.revealRawSecret((raw) => Buffer.from(raw).equals(SECRET))).toBe(true);
});

it('sends what it has checked, whatever becomes of it meanwhile', async () => {
  kms.answer = { KeyId, secret: SECRET };
  const publicKey = Uint8Array.from(other.publicKey);
  const encryptionContext: Record<string, string> = { tenant: 'one' };
  const calling = [
    broker.deriveSharedSecret({ key: 'peers', publicKey }),
    broker.decrypt({ key: 'data', ciphertext: WRAPPED, encryptionContext }),
  ];
  publicKey.fill(0);
  encryptionContext.tenant = 'two';
  await Promise.all(calling);
  const sent = Object.assign({}, ...kms.calls.map(({ body }) => body));
  expect(sent.PublicKey).toBe(other.publicKey.toString('base64'));
  expect(sent.EncryptionContext).toEqual({ tenant: 'one' });
});

it('gives back the wrapped form beside the key', async () => {
  kms.answer = { KeyId, secret: SECRET, CiphertextBlob: WRAPPED };
  const { plaintext, wrapped } = await dataKey();
  expect(hexOfSecret(plaintext)).toBe(Buffer.from(SECRET).toString('hex'));
  expect(wrapped).toEqual(WRAPPED);
});
