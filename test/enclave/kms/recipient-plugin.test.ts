import {
  CreateGrantCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  KMSClient,
  type RecipientInfo,
  ReEncryptCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AttestedRecipientOptions, attestedRecipient } from '../../../enclave/kms/index.ts';
import type { RecipientKeyRing } from '../../../enclave/recipient/index.ts';
import { sealEnvelope } from '../../../shared/cms/index.ts';
import type { NsmClient } from '../../../shared/nsm/index.ts';
import { createTestKeyRing } from '../../support/key-ring.ts';

const DOCUMENT = Uint8Array.of(0xd2, 0x84, 1, 2, 3);
const PLAINTEXT = new TextEncoder().encode('thirty-two bytes of key material');
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

let spki = new Uint8Array(0);
const nsm = {
  attest: async ({ publicKey } = {}) => {
    spki = new Uint8Array(publicKey ?? []);
    return DOCUMENT;
  },
} as NsmClient;
const keyRing = await createTestKeyRing({ nsm });
(await keyRing.lease()).release();
const sealed = () => base64(sealEnvelope({ plaintext: PLAINTEXT, recipientSpki: spki }));

/** The SDK's own client; its requests end here and get `answer`. */
function createFakeKms(
  answer: object | (() => object),
  options: {
    readonly statusCode?: number;
    readonly endpoint?: string;
    readonly keyRing?: RecipientKeyRing;
    readonly pluginOptions?: AttestedRecipientOptions;
  } = {},
) {
  const requests: { readonly protocol: string; readonly body: Record<string, unknown> }[] = [];
  const client = new KMSClient({
    region: 'us-east-1',
    endpoint: options.endpoint ?? 'https://kms.us-east-1.amazonaws.com',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      async handle(request: { protocol: string; body: Uint8Array }) {
        requests.push({ protocol: request.protocol, body: JSON.parse(decode(request.body)) });
        const answered = typeof answer === 'function' ? answer() : answer;
        return {
          response: {
            statusCode: options.statusCode ?? ('__type' in answered ? 400 : 200),
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: new TextEncoder().encode(JSON.stringify({ KeyId, ...answered })),
          },
        };
      },
    } as never,
  });
  client.middlewareStack.use(attestedRecipient(options.keyRing ?? keyRing, options.pluginOptions));
  return { client, requests };
}

const KeyId = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const BYTES = Uint8Array.of(1, 2, 3);
// The commands share no type that the client's send() takes.
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyCommand = any;
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyOutput = any;

const attested: [string, string, () => AnyCommand][] = [
  ['Decrypt', 'Plaintext', () => new DecryptCommand({ CiphertextBlob: BYTES, KeyId })],
  [
    'DeriveSharedSecret',
    'SharedSecret',
    () => new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: BYTES }),
  ],
  ['GenerateDataKey', 'Plaintext', () => new GenerateDataKeyCommand({ KeyId })],
  [
    'GenerateDataKeyPair',
    'PrivateKeyPlaintext',
    () => new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: 'RSA_2048' }),
  ],
  ['GenerateRandom', 'Plaintext', () => new GenerateRandomCommand({ NumberOfBytes: 32 })],
];

describe.each(attested)('attested %s', (_operation, member, command) => {
  it('sends a Recipient and gives back the plaintext where KMS would have put it', async () => {
    const { client, requests } = createFakeKms({ CiphertextForRecipient: sealed(), KeyId });
    const output: AnyOutput = await client.send(command());
    expect(requests[0]?.body.Recipient).toEqual({
      KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      AttestationDocument: base64(DOCUMENT),
    });
    expect(output[member]).toEqual(PLAINTEXT);
    expect(output).not.toHaveProperty('CiphertextForRecipient');
    expect(output.$metadata.httpStatusCode).toBe(200);
  });

  it('keeps what the caller asked for, and leaves the input of the caller alone', async () => {
    const { client, requests } = createFakeKms({ CiphertextForRecipient: sealed() });
    const asked = command();
    await client.send(asked);
    const { Recipient: _, ...rest } = requests[0]?.body ?? {};
    expect(Object.keys(rest)).toEqual(Object.keys(asked.input));
    expect(asked.input).not.toHaveProperty('Recipient');
  });

  it('takes an empty plaintext member beside the envelope, as KMS may send', async () => {
    const { client } = createFakeKms({ [member]: '', CiphertextForRecipient: sealed() });
    const output: AnyOutput = await client.send(command());
    expect(output[member]).toEqual(PLAINTEXT);
  });

  it.each([
    ['plaintext alone', () => ({ [member]: base64(PLAINTEXT) }), 'KMS_PLAINTEXT_ANSWERED'],
    [
      'plaintext beside an envelope',
      () => ({ [member]: base64(PLAINTEXT), CiphertextForRecipient: sealed() }),
      'KMS_PLAINTEXT_ANSWERED',
    ],
    ['neither', () => ({}), 'KMS_ENVELOPE_MISSING'],
    ['a null envelope', () => ({ CiphertextForRecipient: null }), 'KMS_ENVELOPE_MISSING'],
    ['an empty envelope', () => ({ CiphertextForRecipient: '' }), 'ASN1_SYNTAX'],
    ['an envelope that is none', () => ({ CiphertextForRecipient: 'MAA=' }), 'CMS_STRUCTURE'],
  ])('refuses an answer with %s', async (_what, answer, code) => {
    const { client } = createFakeKms(answer());
    const refusal = await client.send(command()).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code });
    expect(JSON.stringify(refusal)).not.toContain(base64(PLAINTEXT));
  });

  it.each([
    ['a Recipient of the caller', { AttestationDocument: BYTES }],
    ['an empty Recipient of the caller', {}],
    ['a null Recipient', null],
  ])('refuses %s before anything leaves', async (_what, Recipient) => {
    const { client, requests } = createFakeKms({});
    const asked = command();
    asked.input.Recipient = Recipient;
    await expect(client.send(asked)).rejects.toMatchObject({ code: 'KMS_RECIPIENT_GIVEN' });
    expect(requests).toEqual([]);
  });

  it('refuses plain HTTP before anything leaves', async () => {
    const { client, requests } = createFakeKms(
      { CiphertextForRecipient: sealed() },
      { endpoint: 'http://kms.us-east-1.amazonaws.com' },
    );
    await expect(client.send(command())).rejects.toMatchObject({ code: 'KMS_TRANSPORT' });
    expect(requests).toEqual([]);
  });

  it.each([
    ['AccessDeniedException', 400],
    ['NotFoundException', 400],
    ['KMSInternalException', 500],
    ['ThrottlingException', 400],
  ])("passes on KMS's own %s", async (name, statusCode) => {
    const { client } = createFakeKms({ __type: name, message: 'why' }, { statusCode });
    await expect(client.send(command())).rejects.toMatchObject({
      name,
      message: 'why',
      $metadata: { httpStatusCode: statusCode },
    });
  });
});

describe('a document that has aged', () => {
  const OLD = Uint8Array.of(0xd2, 1);
  const NEW = Uint8Array.of(0xd2, 2);

  /** KMS refuses the first calls with these exceptions, then answers; documents are a minute old. */
  async function createAged(refusals: readonly string[], options?: AttestedRecipientOptions) {
    let time = 0;
    let publicKey = new Uint8Array(0);
    const documents = [OLD, NEW];
    const released: string[] = [];
    const ring = await createTestKeyRing({
      monotonic: () => time,
      nsm: {
        async attest(asked) {
          publicKey = new Uint8Array(asked.publicKey ?? []);
          return documents.shift() ?? new Uint8Array(0);
        },
      },
    });
    onTestFinished(() => ring.close());
    (await ring.lease()).release();
    time = 30_000;
    const left = [...refusals];
    const { client, requests } = createFakeKms(
      () => {
        const refusal = left.shift();
        if (refusal !== undefined) return { __type: refusal, message: 'why' };
        return {
          CiphertextForRecipient: base64(
            sealEnvelope({ plaintext: PLAINTEXT, recipientSpki: publicKey }),
          ),
        };
      },
      { keyRing: watched(ring, released), ...(options && { pluginOptions: options }) },
    );
    const sent = () =>
      requests.map(({ body }) => (body.Recipient as RecipientInfo).AttestationDocument);
    return { client, sent, released };
  }

  function watched(ring: RecipientKeyRing, released: string[]): RecipientKeyRing {
    return {
      stats: ring.stats,
      close: ring.close,
      async lease(options) {
        const lease = await ring.lease(options);
        return {
          ...lease,
          release() {
            released.push(base64(lease.document));
            lease.release();
          },
        };
      },
    };
  }

  const ask = (client: KMSClient) => client.send(new GenerateDataKeyCommand({ KeyId }));

  it('is renewed, and the call made again, when KMS refuses it', async () => {
    const { client, sent, released } = await createAged(['ValidationException']);
    expect((await ask(client)).Plaintext).toEqual(PLAINTEXT);
    expect(sent()).toEqual([base64(OLD), base64(NEW)]);
    expect(released).toEqual(sent());
  });

  it('is renewed once', async () => {
    const { client, sent, released } = await createAged([
      'ValidationException',
      'ValidationException',
    ]);
    await expect(ask(client)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(sent()).toHaveLength(2);
    expect(released).toEqual(sent());
  });

  it.each(['AccessDeniedException', 'NotFoundException', 'InvalidCiphertextException'])(
    'is not what %s is about',
    async (name) => {
      const { client, sent, released } = await createAged([name]);
      await expect(ask(client)).rejects.toMatchObject({ name });
      expect(sent()).toEqual([base64(OLD)]);
      expect(released).toEqual(sent());
    },
  );

  it('is what the exceptions are about that the plugin is told', async () => {
    const aged = { agedDocumentErrors: ['DocumentTooOldException'] };
    const told = await createAged(['DocumentTooOldException'], aged);
    expect((await ask(told.client)).Plaintext).toEqual(PLAINTEXT);
    const other = await createAged(['ValidationException'], aged);
    await expect(ask(other.client)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('is not to blame when it was made for the call', async () => {
    const { client, requests } = createFakeKms({ __type: 'ValidationException' });
    await expect(ask(client)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(requests).toHaveLength(1);
  });

  it('is let go of with its lease when the answer is refused', async () => {
    const { client, released } = await createAged([]);
    const other = new GenerateDataKeyCommand({ KeyId: KeyId.replace('1234abcd', '00000000') });
    await expect(client.send(other)).rejects.toMatchObject({ code: 'KMS_OTHER_KEY' });
    expect(released).toEqual([base64(OLD)]);
  });
});

describe('an answer to another call', () => {
  it('does not open when calls have keys of their own', async () => {
    const keys: Uint8Array[] = [];
    const ring = await createTestKeyRing({
      keys: 'per-call',
      nsm: {
        async attest({ publicKey = new Uint8Array(0) }) {
          keys.push(publicKey);
          return DOCUMENT;
        },
      },
    });
    onTestFinished(() => ring.close());
    // Whatever is asked, the answer is sealed to the key of the first call.
    const { client } = createFakeKms(
      () => ({
        CiphertextForRecipient: base64(
          sealEnvelope({ plaintext: PLAINTEXT, recipientSpki: keys[0] ?? new Uint8Array(0) }),
        ),
      }),
      { keyRing: ring },
    );
    const ask = () => client.send(new GenerateDataKeyCommand({ KeyId }));
    expect((await ask()).Plaintext).toEqual(PLAINTEXT);
    await expect(ask()).rejects.toMatchObject({ code: 'UNWRAP_RECIPIENT' });
  });
});

describe('operations that take no Recipient', () => {
  it.each<[string, () => AnyCommand]>([
    ['Encrypt', () => new EncryptCommand({ KeyId, Plaintext: BYTES })],
    ['DescribeKey', () => new DescribeKeyCommand({ KeyId })],
    ['GetPublicKey', () => new GetPublicKeyCommand({ KeyId })],
    ['ReEncrypt', () => new ReEncryptCommand({ CiphertextBlob: BYTES, DestinationKeyId: KeyId })],
    [
      'GenerateDataKeyWithoutPlaintext',
      () => new GenerateDataKeyWithoutPlaintextCommand({ KeyId }),
    ],
    [
      'GenerateDataKeyPairWithoutPlaintext',
      () => new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: 'RSA_2048' }),
    ],
    ['Sign', () => new SignCommand({ KeyId, Message: BYTES, SigningAlgorithm: 'ECDSA_SHA_256' })],
    [
      'CreateGrant',
      () => new CreateGrantCommand({ KeyId, GranteePrincipal: 'arn', Operations: ['Decrypt'] }),
    ],
  ])('pass unchanged: %s', async (_name, command) => {
    const { client, requests } = createFakeKms({ KeyId });
    const output: AnyOutput = await client.send(command());
    expect(requests[0]?.body).not.toHaveProperty('Recipient');
    expect(output.KeyId ?? KeyId).toBe(KeyId);
  });
});

describe('the key of another call, which the parent would have in its own account by that alias', () => {
  const alias = 'alias/application';
  const arn = 'arn:aws:kms:us-east-1:111122223333:alias/application';
  const reEncrypt = { CiphertextBlob: BYTES, SourceKeyId: KeyId, DestinationKeyId: KeyId };

  it.each([
    ['Encrypt', () => new EncryptCommand({ KeyId: alias, Plaintext: BYTES })],
    ['Encrypt by its ARN', () => new EncryptCommand({ KeyId: arn, Plaintext: BYTES })],
    [
      'GenerateDataKeyWithoutPlaintext',
      () => new GenerateDataKeyWithoutPlaintextCommand({ KeyId: alias }),
    ],
    ['GetPublicKey', () => new GetPublicKeyCommand({ KeyId: alias })],
    ['ReEncrypt to it', () => new ReEncryptCommand({ ...reEncrypt, DestinationKeyId: alias })],
    ['ReEncrypt from it', () => new ReEncryptCommand({ ...reEncrypt, SourceKeyId: alias })],
  ] as [string, () => AnyCommand][])('is not named by an alias: %s', async (_name, command) => {
    const { client, requests } = createFakeKms({ KeyId });
    await expect(client.send(command())).rejects.toMatchObject({ code: 'KMS_KEY_NOT_NAMED' });
    expect(requests).toEqual([]);
  });
});

describe('the key of an attested call', () => {
  const id = KeyId.slice(KeyId.lastIndexOf('/') + 1);

  it.each([
    ['no KeyId', undefined],
    ['an alias', 'alias/application'],
    ['an alias ARN', 'arn:aws:kms:us-east-1:111122223333:alias/application'],
    ['something else', 'key'],
  ])('is refused before anything leaves when the call gives %s', async (_what, name) => {
    const { client, requests } = createFakeKms({ CiphertextForRecipient: sealed() });
    const decrypt = new DecryptCommand({ CiphertextBlob: BYTES, ...(name && { KeyId: name }) });
    await expect(client.send(decrypt)).rejects.toMatchObject({ code: 'KMS_KEY_NOT_NAMED' });
    expect(requests).toEqual([]);
  });

  it.each([
    ['its ARN', KeyId, KeyId],
    ['its id, answered with the ARN', id, KeyId],
    ['its ARN, answered with the id', KeyId, id],
  ])('is accepted as %s', async (_what, asked, answered) => {
    const { client } = createFakeKms({ CiphertextForRecipient: sealed(), KeyId: answered });
    const output = await client.send(new GenerateDataKeyCommand({ KeyId: asked }));
    expect(output.Plaintext).toEqual(PLAINTEXT);
  });

  it.each([
    ['another account', KeyId.replace('111122223333', '999999999999')],
    ['another key', KeyId.replace('1234abcd', '00000000')],
    ['no key', null],
  ])('is refused when the answer is about %s', async (_what, answered) => {
    const { client } = createFakeKms({ CiphertextForRecipient: sealed(), KeyId: answered });
    const answer = client.send(new GenerateDataKeyCommand({ KeyId }));
    await expect(answer).rejects.toMatchObject({ code: 'KMS_OTHER_KEY' });
  });
});
