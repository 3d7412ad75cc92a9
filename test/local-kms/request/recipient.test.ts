import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateRandomCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import {
  anchorOf,
  createTestEnclave,
  createTestRoot,
  type TestEnclave,
} from '../../support/attested-recipient.ts';
import { createTestClient, refusalOf, startTestKms } from '../../support/local-kms.ts';

let kms: LocalKms;
let client: KMSClient;
let enclave: TestEnclave;
let strangers: TestEnclave;
let symmetric: string;
let agreement: string;

const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
  format: 'der',
  type: 'spki',
});

beforeAll(async () => {
  const root = await createTestRoot();
  kms = await startTestKms({ trustAnchors: [anchorOf(root)] });
  client = createTestClient(kms);
  enclave = createTestEnclave({ root });
  strangers = createTestEnclave({ root: await createTestRoot() });
  const create = async (input: object) =>
    (await client.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
  symmetric = await create({});
  agreement = await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
});

afterAll(async () => {
  client.destroy();
  await kms.close();
});

async function encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: symmetric, Plaintext: plaintext }),
  );
  return CiphertextBlob as Uint8Array;
}

const derive = (more: object) =>
  new DeriveSharedSecretCommand({
    KeyId: agreement,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: peer,
    ...more,
  });

describe('a good Recipient', () => {
  it('gets the plaintext of Decrypt sealed', async () => {
    const plaintext = randomBytes(100);
    const CiphertextBlob = await encrypt(plaintext);
    const answer = await client.send(
      new DecryptCommand({ CiphertextBlob, Recipient: await enclave.recipient() }),
    );
    expect(Buffer.from(enclave.open(answer.CiphertextForRecipient))).toEqual(plaintext);
    expect(answer).not.toHaveProperty('Plaintext');
    expect(answer).not.toHaveProperty('KeyMaterialId');
  });

  it('gets the secret of DeriveSharedSecret sealed, the same as in the clear', async () => {
    const plain = await client.send(derive({}));
    const sealed = await client.send(derive({ Recipient: await enclave.recipient() }));
    expect(enclave.open(sealed.CiphertextForRecipient)).toEqual(plain.SharedSecret);
    expect(sealed).not.toHaveProperty('SharedSecret');
  });

  it('gets a data key sealed, beside the ciphertext of the same key', async () => {
    const answer = await client.send(
      new GenerateDataKeyCommand({
        KeyId: symmetric,
        KeySpec: 'AES_256',
        Recipient: await enclave.recipient(),
      }),
    );
    expect(answer).not.toHaveProperty('Plaintext');
    const { Plaintext } = await client.send(
      new DecryptCommand({ CiphertextBlob: answer.CiphertextBlob }),
    );
    expect(enclave.open(answer.CiphertextForRecipient)).toEqual(Plaintext);
  });

  it('gets the private key of a pair sealed, RSA-4096 included', async () => {
    const answer = await client.send(
      new GenerateDataKeyPairCommand({
        KeyId: symmetric,
        KeyPairSpec: 'RSA_4096',
        Recipient: await enclave.recipient(),
      }),
    );
    expect(answer).not.toHaveProperty('PrivateKeyPlaintext');
    expect(answer.PublicKey).toHaveLength(550);
    const { Plaintext } = await client.send(
      new DecryptCommand({ CiphertextBlob: answer.PrivateKeyCiphertextBlob }),
    );
    expect(enclave.open(answer.CiphertextForRecipient)).toEqual(Plaintext);
  });

  it('gets random bytes sealed', async () => {
    const answer = await client.send(
      new GenerateRandomCommand({ NumberOfBytes: 1024, Recipient: await enclave.recipient() }),
    );
    expect(answer).not.toHaveProperty('Plaintext');
    expect(enclave.open(answer.CiphertextForRecipient)).toHaveLength(1024);
  });
});

describe('a bad Recipient', () => {
  it('is explained in the decision record, with the code of the check that failed', async () => {
    const Recipient = await strangers.recipient();
    const { requestId } = await refusalOf(
      client.send(new GenerateRandomCommand({ NumberOfBytes: 1, Recipient })),
    );
    const record = await (await fetch(`${kms.endpoint}/_local/decisions/${requestId}`)).json();
    expect(record).toMatchObject({
      operation: 'GenerateRandom',
      effect: 'recipient-refused',
      authorizations: [],
      recipient: { code: expect.stringMatching(/^[A-Z_]+$/) },
    });
  });
});

describe('the attestation clock', () => {
  it('can be set apart from the clock of signatures', async () => {
    const root = await createTestRoot();
    const past = () => Date.now() - 3_000_000;
    const server = await startTestKms({
      trustAnchors: [anchorOf(root)],
      attestation: { now: past },
    });
    const other = createTestClient(server);
    const ask = async (now: () => number) => {
      const Recipient = await createTestEnclave({ root, now }).recipient();
      return other.send(new GenerateRandomCommand({ NumberOfBytes: 8, Recipient }));
    };
    expect((await ask(past)).CiphertextForRecipient).toBeDefined();
    expect((await refusalOf(ask(Date.now))).name).toBe('ValidationException');
    other.destroy();
    await server.close();
  });
});
