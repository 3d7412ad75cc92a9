// All five operations against every document that we have or can make. Whatever one is not fit for:
// a client error, nothing leaked, nothing executed.
import { Buffer } from 'node:buffer';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { issueDocument } from '../../../scripts/fixtures/attestation-authority.ts';
import {
  documentWith,
  enclavePcrs,
  madeAt,
  tpmDocumentWith,
} from '../../../scripts/fixtures/attestation-documents.ts';
import { awsNitroEnclavesRootG1, parseTrustAnchor } from '../../../shared/attestation/index.ts';
import { recipientIdOf } from '../../../shared/cms/index.ts';
import { encodeHex } from '../../../shared/encoding.ts';
import { RECIPIENT_OPERATIONS, type RecipientOperation } from '../../../shared/kms/index.ts';
import {
  type AttestedCallOutcome,
  type AttestedCalls,
  type RawRecipient,
  RECIPIENT_OPERATION_NAMES,
  recipientOf,
  startAttestedCalls,
} from '../../support/attested-calls.ts';
import {
  anchorOf,
  createTestEnclave,
  createTestRoot,
  type TestEnclave,
} from '../../support/attested-recipient.ts';
import { fixturesRoot, openFixtureFolder } from '../../support/fixtures.ts';
import { vectorsPath } from '../../support/vectors.ts';

async function start(...args: Parameters<typeof startAttestedCalls>): Promise<AttestedCalls> {
  const calls = await startAttestedCalls(...args);
  onTestFinished(() => calls.kms.close());
  return calls;
}

/** As strict as can be: beside name and message there is nothing in the answer. */
function expectRefused(outcome: AttestedCallOutcome, type: string, message: RegExp): void {
  const { answer, event } = outcome;
  expect(answer.status).toBe(400);
  const { __type, message: lower, Message, ...rest } = answer.body;
  expect(rest).toEqual({});
  expect(__type).toBe(type);
  expect(lower ?? Message).toMatch(message);
  expect(event).toMatchObject({
    errorCode: type === 'AccessDeniedException' ? 'AccessDenied' : type,
    responseElements: null,
  });
  expect(outcome.leaks).toEqual([]);
  expect(outcome.drawn).toBe(0);
}

/** Sealed to the key of the document, and in the clear nowhere. */
function expectSealed(
  operation: RecipientOperation,
  outcome: AttestedCallOutcome,
  spki: Uint8Array,
): Uint8Array {
  const { answer, event } = outcome;
  expect(answer.status).toBe(200);
  expect(answer.body).not.toHaveProperty(RECIPIENT_OPERATIONS[operation].plaintextMember);
  expect(answer.body).not.toHaveProperty('KeyMaterialId');
  const envelope = Buffer.from(answer.body.CiphertextForRecipient as string, 'base64');
  expect(envelope.includes(Buffer.from(recipientIdOf(spki)))).toBe(true);
  expect(event).not.toHaveProperty('errorCode');
  expect(outcome.leaks).toEqual([]);
  return new Uint8Array(envelope);
}

const INVALID = /^The attestation document in Recipient is not valid\.$/;

describe('a document of the software NSM', () => {
  let calls: AttestedCalls;
  let enclave: TestEnclave;
  let root: Awaited<ReturnType<typeof createTestRoot>>;
  beforeAll(async () => {
    root = await createTestRoot();
    calls = await startAttestedCalls({ trustAnchors: [anchorOf(root)] });
    enclave = createTestEnclave({ root });
  });
  afterAll(() => calls.kms.close());

  const spki = (type: 'ec' | 'rsa' | 'rsa-pss', size: number): Uint8Array => {
    const pair =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync(type as 'rsa', { modulusLength: size });
    return pair.publicKey.export({ format: 'der', type: 'spki' });
  };
  const pkcs1 = (): Uint8Array =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      format: 'der',
      type: 'pkcs1',
    });
  const documentOf = async (from: TestEnclave, publicKey?: Uint8Array): Promise<Uint8Array> =>
    (await from.recipient(publicKey)).AttestationDocument;
  const carrying = async (publicKey: Uint8Array) =>
    recipientOf(await documentOf(enclave, publicKey));
  const changed = async (at: number): Promise<RawRecipient> => {
    const bytes = Buffer.from(await documentOf(enclave));
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] as number) ^ 1;
    return recipientOf(bytes);
  };
  const madeBefore = async (seconds: number) =>
    recipientOf(
      await documentOf(createTestEnclave({ root, now: () => Date.now() - seconds * 1000 })),
    );

  it.each(RECIPIENT_OPERATION_NAMES)('has what %s answers sealed to its key', async (operation) => {
    const outcome = await calls.call(operation, recipientOf(await documentOf(enclave)));
    const opened = enclave.open(expectSealed(operation, outcome, enclave.spki));
    if (operation === 'Decrypt' || operation === 'DeriveSharedSecret') {
      expect(opened).toEqual(calls.secrets[operation]);
    }
    expect(outcome.event).toMatchObject({
      additionalEventData: {
        recipient: {
          attestationDocumentModuleId: expect.stringMatching(/^i-0123456789abcdef0-enc/),
        },
      },
    });
  });

  it('would be seen to leak, and to have something made, if it did', async () => {
    for (const operation of ['Decrypt', 'DeriveSharedSecret'] as const) {
      const plain = await calls.call(operation, undefined);
      expect(plain.leaks.join()).toContain('in the answer');
    }
    for (const operation of ['GenerateRandom', 'GenerateDataKey'] as const) {
      const plain = await calls.call(operation, undefined);
      expect(plain.drawn).toBe(1);
      expect(plain.leaks.join()).toContain('in the answer');
    }
  });

  const refusals: readonly (readonly [
    string,
    () => RawRecipient | null | Promise<RawRecipient>,
    RegExp,
  ])[] = [
    ['garbage', () => recipientOf(Buffer.from('garbage')), INVALID],
    ['262144 bytes of garbage', () => recipientOf(Buffer.alloc(262_144, 0xd2)), INVALID],
    ['a changed signature', () => changed(-1), INVALID],
    ['a changed payload', () => changed(100), INVALID],
    [
      'a byte behind it',
      async () => recipientOf(Buffer.concat([await documentOf(enclave), Buffer.alloc(1)])),
      INVALID,
    ],
    [
      'another root',
      async () =>
        recipientOf(await documentOf(createTestEnclave({ root: await createTestRoot() }))),
      INVALID,
    ],
    ['301 seconds of age', () => madeBefore(301), INVALID],
    ['four hours of age', () => madeBefore(14_400), INVALID],
    ['a time that is to come', () => madeBefore(-60), INVALID],
    ['no public key', async () => recipientOf(await enclave.nsm.attest({})), INVALID],
    ['a public key that is none', () => carrying(Buffer.from('none')), INVALID],
    ['an EC public key', () => carrying(spki('ec', 0)), INVALID],
    ['an RSA-PSS public key', () => carrying(spki('rsa-pss', 2048)), INVALID],
    ['an RSA key of 1024 bits', () => carrying(spki('rsa', 1024)), INVALID],
    ['an RSA key of 2047 bits', () => carrying(spki('rsa', 2047)), INVALID],
    ['an RSA key without an algorithm (PKCS #1)', () => carrying(pkcs1()), INVALID],
    [
      'an RSA key with a byte behind it',
      () => carrying(Buffer.concat([enclave.spki, Buffer.alloc(1)])),
      INVALID,
    ],
    [
      'another KeyEncryptionAlgorithm',
      async () => ({
        ...recipientOf(await documentOf(enclave)),
        KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      }),
      /^1 validation error detected: Value 'RSAES_OAEP_SHA_1' at 'recipient\.keyEncryptionAlgorithm' failed .* enum value set: \[RSAES_OAEP_SHA_256\]$/,
    ],
    [
      'no KeyEncryptionAlgorithm',
      async () => {
        const { AttestationDocument = '' } = recipientOf(await documentOf(enclave));
        return { AttestationDocument };
      },
      /^1 validation error detected: Value null at 'recipient\.keyEncryptionAlgorithm' failed .* not be null$/,
    ],
    [
      'no document',
      () => ({ KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      /^1 validation error detected: Value null at 'recipient\.attestationDocument' failed .* not be null$/,
    ],
    [
      'an empty document',
      () => recipientOf(new Uint8Array(0)),
      /^1 validation error detected: Value at 'recipient\.attestationDocument' failed .* greater than or equal to 1$/,
    ],
    ['an empty Recipient', () => ({}), /^2 validation errors detected: /],
    [
      'a Recipient that is null',
      () => null,
      /^1 validation error detected: Value null at 'recipient' failed .* not be null$/,
    ],
    [
      '262145 bytes',
      () => recipientOf(Buffer.alloc(262_145)),
      /^1 validation error detected: Value at 'recipient\.attestationDocument' failed .* less than or equal to 262144$/,
    ],
  ];

  it.each(refusals)('is refused by all five for %s', async (_name, recipient, message) => {
    const raw = await recipient();
    for (const operation of RECIPIENT_OPERATION_NAMES) {
      expectRefused(await calls.call(operation, raw), 'ValidationException', message);
    }
  });

  it.each<[string, unknown]>([
    ['a text', 'document'],
    ['a list', []],
    ['bytes that are no base64', { ...recipientOf(Buffer.from('x')), AttestationDocument: '*' }],
    ['a number', { ...recipientOf(Buffer.from('x')), AttestationDocument: 1 }],
  ])('is refused by all five if Recipient has %s for it', async (_name, recipient) => {
    for (const operation of RECIPIENT_OPERATION_NAMES) {
      const outcome = await calls.call(operation, recipient as RawRecipient);
      expectRefused(outcome, 'SerializationException', /can not be converted/);
    }
  });
});

describe('the registers of a document', () => {
  const image = new Uint8Array(48).fill(0xab);

  /** Everything but the use of the keys, to which the condition is. */
  const policyOf = (condition: Readonly<Record<string, string>>) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        NotAction: ['kms:Decrypt', 'kms:DeriveSharedSecret', 'kms:GenerateDataKey*'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: ['kms:Decrypt', 'kms:DeriveSharedSecret', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { StringEqualsIgnoreCase: condition },
      },
    ],
  });
  const onKeys = RECIPIENT_OPERATION_NAMES.filter((operation) => operation !== 'GenerateRandom');

  it('open the keys to the measured enclave, and to none in debug mode or of another image', async () => {
    const root = await createTestRoot();
    const condition = { 'kms:RecipientAttestation:ImageSha384': encodeHex(image) };
    const calls = await start({ trustAnchors: [anchorOf(root)], policy: policyOf(condition) });
    const measured = createTestEnclave({ root, pcrs: { 0: image } });
    const others = [
      createTestEnclave({ root, pcrs: { 0: image }, debug: true }),
      createTestEnclave({ root, pcrs: { 0: new Uint8Array(48).fill(0xac) } }),
      createTestEnclave({ root, pcrs: { 8: image } }),
    ];
    const documentOf = async (enclave: TestEnclave) =>
      recipientOf((await enclave.recipient()).AttestationDocument);
    for (const operation of onKeys) {
      const sealed = await calls.call(operation, await documentOf(measured));
      expectSealed(operation, sealed, measured.spki);
      for (const other of others) {
        const refused = await calls.call(operation, await documentOf(other));
        expectRefused(
          refused,
          'AccessDeniedException',
          new RegExp(`is not authorized to perform: kms:${operation} on resource: arn:aws:kms:`),
        );
      }
    }
  });

  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  /** The same registers, in the one kind of document and in the other. */
  const registers = new Map([...enclavePcrs].map(([index]) => [index, image]));
  const enclaveDocument = issueDocument(
    documentWith({ fields: { public_key: spki, pcrs: registers } }),
  );
  const tpmDocument = issueDocument(
    tpmDocumentWith({ fields: { public_key: spki, nitrotpm_pcrs: registers } }),
  );

  it.each<[string, string, boolean, boolean]>([
    ['kms:RecipientAttestation:NitroTPMPCR4', encodeHex(image), false, true],
    ['kms:RecipientAttestation:PCR4', encodeHex(image), true, false],
    ['kms:RecipientAttestation:PCR0', encodeHex(image), true, false],
    ['kms:RecipientAttestation:ImageSha384', encodeHex(image), true, false],
    ['kms:RecipientAttestation:NitroTPMPCR4', '00'.repeat(48), false, false],
  ])('feed %s by their kind: %s', async (key, value, byEnclave, byTpm) => {
    const calls = await start({
      trustAnchors: [parseTrustAnchor(enclaveDocument.path[0] as Uint8Array)],
      attestation: { now: () => madeAt },
      policy: policyOf({ [key]: value }),
    });
    for (const operation of onKeys) {
      for (const [{ document }, allowed] of [
        [enclaveDocument, byEnclave],
        [tpmDocument, byTpm],
      ] as const) {
        const outcome = await calls.call(operation, recipientOf(document));
        if (allowed) expectSealed(operation, outcome, spki);
        else expectRefused(outcome, 'AccessDeniedException', /is not authorized to perform/);
      }
    }
  });
});

interface Genuine {
  readonly name: string;
  readonly document: Uint8Array;
  readonly at: number;
  /** If it is one that KMS seals to. */
  readonly spki: Uint8Array | undefined;
}

function recordedDocuments(): Genuine[] {
  const folder = openFixtureFolder(join(fixturesRoot, 'recorded'));
  return folder.fixtures.flatMap(({ name, document }) =>
    document?.expected.verdict === 'trusted'
      ? [{ name, document: folder.read(document.file), at: document.clock, spki: undefined }]
      : [],
  );
}

interface VectorIndex {
  readonly documents: readonly {
    readonly file: string;
    readonly public_key?: { readonly type: string; readonly hex: string };
    readonly expected: { readonly verdict: string; readonly at_ms?: number };
  }[];
}

function vectorDocuments(): Genuine[] {
  const directory = vectorsPath('attestation');
  if (directory === undefined) return [];
  const index: VectorIndex = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'));
  return index.documents
    .filter(({ expected }) => expected.verdict === 'valid')
    .map(({ file, public_key: key, expected }) => ({
      name: file,
      document: new Uint8Array(readFileSync(join(directory, file))),
      at: expected.at_ms as number,
      spki: key?.type.startsWith('spki-rsa') ? Buffer.from(key.hex, 'hex') : undefined,
    }));
}

const vectors = vectorDocuments();
const skipped = vectors.length === 0 ? ' (SKIPPED: those of the vectors, which are not here)' : '';

describe(`a genuine document of AWS${skipped}`, () => {
  let clock = 0;
  let calls: AttestedCalls;
  beforeAll(async () => {
    calls = await startAttestedCalls({
      trustAnchors: [awsNitroEnclavesRootG1],
      attestation: { now: () => clock },
    });
  });
  afterAll(() => calls.kms.close());

  it.each([...recordedDocuments(), ...vectors])(
    '$name is sealed to at its time if its key is RSA, and is refused at any other',
    async ({ document, at, spki }) => {
      const recipient = recipientOf(document);
      for (const operation of RECIPIENT_OPERATION_NAMES) {
        clock = at;
        const outcome = await calls.call(operation, recipient);
        if (spki === undefined) expectRefused(outcome, 'ValidationException', INVALID);
        else expectSealed(operation, outcome, spki);
      }
      for (const later of [at + 301_000, Date.now()]) {
        clock = later;
        const outcome = await calls.call('GenerateRandom', recipient);
        expectRefused(outcome, 'ValidationException', INVALID);
      }
    },
  );

  it.skipIf(vectors.length === 0)('is there with an RSA key, so that something is sealed', () => {
    expect(vectors.filter(({ spki }) => spki !== undefined)).toHaveLength(2);
  });

  it('is refused where the root of AWS is not trusted', async () => {
    const root = await createTestRoot();
    const genuine = [...recordedDocuments(), ...vectors].at(-1) as Genuine;
    const others = await start({
      trustAnchors: [anchorOf(root)],
      attestation: { now: () => genuine.at },
    });
    for (const operation of RECIPIENT_OPERATION_NAMES) {
      const outcome = await others.call(operation, recipientOf(genuine.document));
      expectRefused(outcome, 'ValidationException', INVALID);
    }
  });
});
