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
  type RecipientInfo,
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
let late: TestEnclave;
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
  late = createTestEnclave({ root, now: () => Date.now() - 301_000 });
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
  const spki = (type: 'ec' | 'rsa' | 'rsa-pss', size: number): Uint8Array => {
    const pair =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync(type as 'rsa', { modulusLength: size });
    return pair.publicKey.export({ format: 'der', type: 'spki' });
  };
  const changed = async (at: number): Promise<RecipientInfo> => {
    const { AttestationDocument: document, ...rest } = await enclave.recipient();
    const bytes = Uint8Array.from(document);
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] as number) ^ 1;
    return { ...rest, AttestationDocument: bytes };
  };
  const carrying = async (document: Uint8Array): Promise<RecipientInfo> => ({
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: document,
  });

  const bad: readonly (readonly [string, () => Promise<RecipientInfo>, RegExp])[] = [
    ['junk', () => carrying(Buffer.from('junk')), /attestation document in Recipient is not valid/],
    ['262144 bytes of junk', () => carrying(Buffer.alloc(262_144)), /is not valid/],
    ['a changed signature', () => changed(-1), /is not valid/],
    ['a changed payload', () => changed(100), /is not valid/],
    ['a document of another root', () => strangers.recipient(), /is not valid/],
    ['a document of 301 seconds ago', () => late.recipient(), /is not valid/],
    ['no public key', async () => carrying(await enclave.nsm.attest({})), /is not valid/],
    ['a public key that is none', () => enclave.recipient(Buffer.from('none')), /is not valid/],
    ['an EC public key', () => enclave.recipient(spki('ec', 0)), /is not valid/],
    ['an RSA-PSS public key', () => enclave.recipient(spki('rsa-pss', 2048)), /is not valid/],
    ['an RSA key of 1024 bits', () => enclave.recipient(spki('rsa', 1024)), /is not valid/],
    [
      'an RSA key with a byte behind it',
      () => enclave.recipient(Buffer.concat([enclave.spki, Buffer.alloc(1)])),
      /is not valid/,
    ],
    [
      'another KeyEncryptionAlgorithm',
      async () => ({
        ...(await enclave.recipient()),
        KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' as never,
      }),
      /Value 'RSAES_OAEP_SHA_1' at 'recipient\.keyEncryptionAlgorithm' failed .* enum value set: \[RSAES_OAEP_SHA_256\]/,
    ],
    [
      'no KeyEncryptionAlgorithm',
      async () => ({ AttestationDocument: (await enclave.recipient()).AttestationDocument }),
      /Value null at 'recipient\.keyEncryptionAlgorithm' failed/,
    ],
    [
      'no document',
      async () => ({ KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      /Value null at 'recipient\.attestationDocument' failed/,
    ],
    ['an empty document', () => carrying(new Uint8Array(0)), /length greater than or equal to 1/],
    ['an empty Recipient', async () => ({}), /^2 validation errors detected/],
    [
      'a document of 262145 bytes',
      () => carrying(Buffer.alloc(262_145)),
      /Value at 'recipient\.attestationDocument' failed .* less than or equal to 262144/,
    ],
  ];

  it.each(bad)('is refused by all five operations: %s', async (_name, recipient, message) => {
    const Recipient = await recipient();
    const CiphertextBlob = await encrypt(new Uint8Array(1));
    const refusals = await Promise.all(
      [
        client.send(new DecryptCommand({ CiphertextBlob, Recipient })),
        client.send(derive({ Recipient })),
        client.send(new GenerateDataKeyCommand({ KeyId: symmetric, NumberOfBytes: 1, Recipient })),
        client.send(
          new GenerateDataKeyPairCommand({
            KeyId: symmetric,
            KeyPairSpec: 'ECC_NIST_P256',
            Recipient,
          }),
        ),
        client.send(new GenerateRandomCommand({ NumberOfBytes: 1, Recipient })),
      ].map((call) => refusalOf(call)),
    );
    for (const refusal of refusals) {
      expect(refusal.name).toBe('ValidationException');
      expect(refusal.message).toMatch(message);
    }
  });

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
