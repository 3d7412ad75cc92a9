import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CallOptions, createKeyBroker, type KeyBroker } from '../../../enclave/index.ts';
import type { RecipientOperation } from '../../../shared/kms/index.ts';
import { type AttestedClient, createAttestedClient } from '../../support/attested-client.ts';
import { createTestEnclave, createTestRoot } from '../../support/attested-recipient.ts';
import { createOwnKeyPair } from '../../support/key-import.ts';
import { type LyingKms, startLyingKms } from '../../support/lying-kms.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const { publicKey } = createOwnKeyPair('ECC_NIST_P256');
const wrapped = Uint8Array.of(1, 2, 3);

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

afterEach(() => {
  kms.calls.length = 0;
  kms.beforeAnswer = async () => undefined;
});

type Granted = { readonly grantTokens?: readonly string[] };
type Call = (granted: Granted, options?: CallOptions) => Promise<unknown>;

const ON_KEYS: [string, RecipientOperation, Call][] = [
  [
    'decrypt',
    'Decrypt',
    (granted, options) => broker.decrypt({ key: 'data', ciphertext: wrapped, ...granted }, options),
  ],
  [
    'generateDataKey',
    'GenerateDataKey',
    (granted, options) => broker.generateDataKey({ key: 'data', bytes: 32, ...granted }, options),
  ],
  [
    'generateDataKeyPair',
    'GenerateDataKeyPair',
    (granted, options) =>
      broker.generateDataKeyPair({ key: 'data', spec: 'ECC_NIST_P256', ...granted }, options),
  ],
  [
    'unwrapPrivateKey',
    'Decrypt',
    (granted, options) =>
      broker.unwrapPrivateKey(
        {
          ...{ key: 'data', spec: 'ECC_NIST_P256', publicKey, wrappedPrivateKey: wrapped },
          ...granted,
        },
        options,
      ),
  ],
  [
    'deriveSharedSecret',
    'DeriveSharedSecret',
    (granted, options) =>
      broker.deriveSharedSecret({ key: 'peers', publicKey, ...granted }, options),
  ],
];

it.each(ON_KEYS)('%s sends the grant tokens of its call', async (_name, operation, call) => {
  const grantTokens = ['one', 'two'];
  const calling = call({ grantTokens });
  grantTokens.length = 0;
  await expect(calling).rejects.toMatchObject({ code: 'KMS_OTHER_KEY' });
  expect(kms.calls).toMatchObject([{ operation, body: { GrantTokens: ['one', 'two'] } }]);
});

describe.each<[string, RecipientOperation, Call]>([
  ...ON_KEYS,
  [
    'generateRandom',
    'GenerateRandom',
    (_, options) => broker.generateRandom({ bytes: 1 }, options),
  ],
])('%s with an abortSignal', (_name, operation, call) => {
  it('ends when it is aborted, though KMS has not answered', async () => {
    const controller = new AbortController();
    kms.beforeAnswer = () => {
      controller.abort();
      return new Promise(() => undefined);
    };
    const { signal: abortSignal } = controller;
    await expect(call({}, { abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(kms.calls).toMatchObject([{ operation }]);
  });

  it('asks nothing when it is aborted before', async () => {
    const abortSignal = AbortSignal.abort();
    await expect(call({}, { abortSignal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(kms.calls).toEqual([]);
  });
});
