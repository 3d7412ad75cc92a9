// Whoever had a document with a public_key of their own could open every key. So all documents that
// any interface can be made to emit are sent to KMS; and those that KMS gets are looked for everywhere.
import { execFile } from 'node:child_process';
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateRandomCommand,
  type RecipientInfo,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoftwareNsm } from '../../enclave/nsm/software/index.ts';
import { parseAttestationDocument } from '../../shared/attestation/index.ts';
import { createNsmClient } from '../../shared/nsm/index.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../../shared/pki/index.ts';
import { type Address, connect } from '../../shared/vsock/index.ts';
import { askApi } from '../support/api.ts';
import { binary } from '../support/built.ts';
import { documentsIn, findPublicKeys, publicKeyMember } from '../support/document-search.ts';
import { findLeaks, type Haystack, piecesOf } from '../support/leak-search.ts';
import { startWholeEnclave, type WholeEnclave } from '../support/whole-enclave.ts';

/** What an attacker would have KMS seal to. */
const mine = new Uint8Array(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'der',
    type: 'spki',
  }),
);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const NONCE = base64(randomBytes(32));
const member = publicKeyMember(mine);

/** Bodies for a path that makes documents, the more so for one that should not. */
const ATTESTATION_BODIES: readonly unknown[] = [
  { nonce: NONCE, data: '' },
  { nonce: base64(mine), data: base64(mine) },
  // A member, and a whole map with it: for whoever looks for it in the bytes instead of parsing.
  { nonce: base64(member), data: base64(member) },
  {
    nonce: base64(Buffer.concat([Buffer.of(0xa1), member])),
    data: base64(Buffer.concat(Array(26).fill(member))),
  },
  // Texts that end a byte string early, if it were put together as text.
  { nonce: base64(Buffer.concat([Buffer.of(0x40), member, Buffer.of(0xff)])), data: NONCE },
  ...['public_key', 'publicKey', 'PublicKey', 'publicKeyDer', 'user_data', '__proto__'].map(
    (name) => `{"nonce":"${NONCE}","data":"","${name}":"${base64(mine)}"}`,
  ),
  { nonce: NONCE, data: '', fields: { public_key: base64(mine) } },
  { nonce: { public_key: base64(mine) }, data: '' },
  { nonce: [...mine], data: [...mine] },
  `{"nonce":"${NONCE}","nonce":"${base64(mine)}","data":""}`,
  { nonce: NONCE, data: base64(mine), public_key: null },
  { nonce: null, data: null },
  [{ nonce: NONCE, data: '' }],
  { Attestation: { user_data: null, nonce: null, public_key: base64(mine) } },
  {},
  '',
];

/** What other enclaves' APIs would understand, and what HTTP allows. */
const ODD_REQUESTS: readonly Parameters<typeof askApi>[1][] = [
  { path: '/healthz' },
  { path: '/readyz' },
  { path: '/metrics' },
  {
    path: `/v1/attestation?public_key=${encodeURIComponent(base64(mine))}`,
    body: ATTESTATION_BODIES[0],
  },
  {
    path: '/v1/attestation',
    body: ATTESTATION_BODIES[0],
    headers: { 'x-public-key': base64(mine) },
  },
  { path: '/v1/attestation', body: ATTESTATION_BODIES[0], method: 'PUT' },
  { path: '/v1/attestation', method: 'GET' },
  { path: '/v1/attestation/', body: ATTESTATION_BODIES[0] },
  { path: '/V1/ATTESTATION', body: ATTESTATION_BODIES[0] },
  { path: '//v1/attestation', body: ATTESTATION_BODIES[0] },
  { path: '/v1/derive-key', body: ATTESTATION_BODIES[0] },
  { path: `/enclave/attestation?nonce=${'0'.repeat(40)}` },
  { path: `/attestation/hex?public_key=${Buffer.from(mine).toString('hex')}` },
  {
    path: '/v1/attestation',
    body: Buffer.concat([Buffer.of(0xa1), member]),
    headers: { 'content-type': 'application/cbor' },
  },
  {
    path: '/v1/attestation',
    body: `public_key=${encodeURIComponent(base64(mine))}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  },
];

/** The Attestation request of the secure module itself, with a key. */
const NSM_REQUEST = Buffer.concat([
  Buffer.from('a16b4174746573746174696f6ea3', 'hex'),
  Buffer.from('697573657264617461f6656e6f6e6365f6', 'hex'),
  member,
]);

let whole: WholeEnclave;
/** Those that KMS got from the enclave. */
let recipientDocuments: readonly Uint8Array[];
/** Of what is no interface of the running process. */
const elsewhere: Haystack[] = [];

beforeAll(async () => {
  whole = await startWholeEnclave({
    async duringFailingSelfTest({ parentApi }) {
      await provokeApi(parentApi);
    },
  });
  await provokeApi(whole.parentApi);
  await provokeApi(whole.api);
  await provokeEndpoint();
  await provokeDerivation();
  await provokeCommandLine();
  recipientDocuments = whole.recipientDocuments();
});
afterAll(() => whole?.stop());

async function provokeApi(address: Address): Promise<void> {
  for (const body of ATTESTATION_BODIES) await askApi(address, { path: '/v1/attestation', body });
  for (const request of ODD_REQUESTS) await askApi(address, request);
  for (const bytes of [NSM_REQUEST, member, randomBytes(64)]) {
    const socket = await connect(address, { timeoutMs: 5000 });
    socket.on('error', () => undefined).resume();
    socket.end(bytes);
    await once(socket, 'close');
  }
}

async function provokeEndpoint(): Promise<void> {
  const { data, agreement } = whole.keys;
  const PublicKey = base64(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'der',
      type: 'spki',
    }),
  );
  const CiphertextBlob = (await whole.call('Encrypt', { KeyId: data, Plaintext: NONCE })).json
    ?.CiphertextBlob;
  const good: [string, object][] = [
    ['Decrypt', { KeyId: data, CiphertextBlob }],
    ['DeriveSharedSecret', { KeyId: agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey }],
    ['GenerateDataKey', { KeyId: data, NumberOfBytes: 32 }],
    ['GenerateDataKeyPair', { KeyId: data, KeyPairSpec: 'ECC_NIST_P256' }],
    ['GenerateRandom', { NumberOfBytes: 32 }],
  ];
  const mineAsRecipient = {
    KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    AttestationDocument: base64(member),
  };
  for (const [operation, members] of good) {
    expect(await whole.call(operation, members)).toMatchObject({ status: 200 });
    for (const bad of [
      { ...members, Recipient: mineAsRecipient },
      { ...members, Recipient: null },
      { ...members, recipient: mineAsRecipient },
      { ...members, PublicKey: base64(mine) },
      { ...members, public_key: base64(mine) },
      { ...members, DryRun: true },
      { ...members, NumberOfBytes: -1, KeyPairSpec: 'NONE', CiphertextBlob: 'AAAA' },
    ]) {
      await whole.call(operation, bad);
    }
  }
  for (const operation of ['Attestation', 'DescribeNSM', 'ReEncrypt', 'Sign', 'constructor']) {
    await whole.call(operation, { KeyId: data, Recipient: mineAsRecipient });
  }
  for (const request of ODD_REQUESTS) await askApi(whole.endpoint, request);
}

async function provokeDerivation(): Promise<void> {
  const peer = createECDH('prime256v1').generateKeys();
  const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'der',
    type: 'spki',
  });
  const derivation = {
    key: 'agreement',
    publicKey: base64(spki),
    kdf: { kind: 'hkdf', hash: 'SHA-256' },
    fixedInfo: { algorithmId: base64(mine), partyU: base64(member), partyV: NONCE },
    lengthBytes: 32,
  };
  expect(await whole.deriveKey(derivation)).toMatchObject({ status: 200 });
  await whole.deriveKey({ ...derivation, publicKey: base64(mine) });
  await whole.deriveKey({ ...derivation, publicKey: base64(peer) });
  await whole.deriveKey({ ...derivation, public_key: base64(mine) });
  await whole.deriveKey({ ...derivation, key: 'data' });
}

async function provokeCommandLine(): Promise<void> {
  const hex = Buffer.from(mine).toString('hex');
  const software = ['--software', whole.stack.directory];
  const attest = async (...flags: string[]): Promise<void> => {
    const command = [binary, 'nsm', 'attest', ...software, ...flags];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    elsewhere.push({ name: `nsm attest ${flags[0]}`, bytes: Buffer.from(stdout + stderr) });
  };
  await Promise.all([
    attest('--nonce', hex, '--user-data', member.toString('hex')),
    attest('--public-key', hex),
    attest('--json', '--user-data', hex),
  ]);
}

const everything = () => [...whole.captured(), ...elsewhere];
const emitted = () => documentsIn(everything());

interface Refusal {
  readonly name: string;
  readonly $metadata?: { readonly requestId?: string };
}

type Ask = (Recipient: RecipientInfo) => Promise<object>;
/** The five operations, by one who may do everything. */
async function withFullCredentials(): Promise<readonly (readonly [string, Ask])[]> {
  const { administrator: kms } = whole.stack;
  const { data, agreement } = whole.keys;
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({ KeyId: data, Plaintext: randomBytes(32) }),
  );
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' });
  const agree = { KeyId: agreement, KeyAgreementAlgorithm: 'ECDH', PublicKey } as const;
  const pair = { KeyId: data, KeyPairSpec: 'ECC_NIST_P256' } as const;
  return [
    ['Decrypt', (Recipient) => kms.send(new DecryptCommand({ CiphertextBlob, Recipient }))],
    [
      'DeriveSharedSecret',
      (Recipient) => kms.send(new DeriveSharedSecretCommand({ ...agree, Recipient })),
    ],
    [
      'GenerateDataKey',
      (Recipient) =>
        kms.send(new GenerateDataKeyCommand({ KeyId: data, NumberOfBytes: 32, Recipient })),
    ],
    [
      'GenerateDataKeyPair',
      (Recipient) => kms.send(new GenerateDataKeyPairCommand({ ...pair, Recipient })),
    ],
    [
      'GenerateRandom',
      (Recipient) => kms.send(new GenerateRandomCommand({ NumberOfBytes: 32, Recipient })),
    ],
  ];
}

const asRecipient = (AttestationDocument: Uint8Array): RecipientInfo => ({
  KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  AttestationDocument,
});

describe('documents that the enclave can be made to emit', () => {
  it('are got from both APIs and from the command line, with the bytes of whoever asked', () => {
    const documents = emitted().map((document) => parseAttestationDocument(document));
    expect(documents.length).toBeGreaterThan(20);
    expect(documents.some(({ nonce }) => nonce && member.equals(nonce))).toBe(true);
    expect(documents.some(({ userData }) => userData && member.equals(userData))).toBe(true);
    const from = (pattern: RegExp) => everything().filter(({ name }) => pattern.test(name));
    for (const source of [/^api, from/, /^parent-api, from/, /^nsm attest/]) {
      expect(documentsIn(from(source)), String(source)).not.toEqual([]);
    }
  });

  it('have no public_key', () => {
    for (const document of emitted()) {
      expect(parseAttestationDocument(document).publicKey).toBeUndefined();
    }
  });

  it('are refused by KMS as Recipient of any operation, for want of a key', async () => {
    const operations = await withFullCredentials();
    const refusalOf = async (ask: Ask, document: Uint8Array): Promise<string> => {
      const refusal: Refusal = await ask(asRecipient(document)).then(
        () => ({ name: 'answered' }),
        (error: Refusal) => error,
      );
      const { recipient } = await whole.stack.decision(refusal.$metadata?.requestId ?? '');
      return `${refusal.name}: ${recipient?.code}`;
    };
    const refusals = new Set<string>();
    for (const document of emitted()) {
      const asked = operations.map(([, ask]) => refusalOf(ask, document));
      for (const refusal of await Promise.all(asked)) refusals.add(refusal);
    }
    expect([...refusals]).toEqual(['ValidationException: CMS_RECIPIENT_KEY']);
  });

  it('would be answered if they had one', async () => {
    const { directory } = whole.stack;
    const nsm = createNsmClient(
      createSoftwareNsm({
        root: await loadOrCreateDevelopmentNsmRoot({ directory, now: Date.now }),
        region: 'us-east-1',
        instanceId: 'i-0a1b2c3d4e5f60718',
        pcrs: {},
        debug: false,
        now: Date.now,
        randomBytes,
      }),
    );
    const document = await nsm.attest({ publicKey: mine });
    for (const [operation, ask] of await withFullCredentials()) {
      expect(await ask(asRecipient(document)), operation).toHaveProperty('CiphertextForRecipient');
    }
  });
});

describe('documents that the enclave makes for KMS', () => {
  it('get there, with a key', () => {
    expect(recipientDocuments.length).toBeGreaterThan(5);
    for (const document of recipientDocuments) {
      expect(parseAttestationDocument(document).publicKey).toHaveLength(294);
    }
  });

  it('are not seen at any interface, nor their keys', () => {
    const needles = recipientDocuments.flatMap((document) => {
      const { publicKey = new Uint8Array() } = parseAttestationDocument(document);
      // Of an SPKI all but the modulus, and of a document much, is the same for everyone.
      const modulus = publicKey.subarray(33, 33 + 256);
      return [
        { name: 'a document', bytes: document },
        { name: 'its signature', bytes: document.subarray(-96) },
        { name: 'its public_key', bytes: publicKey },
        ...piecesOf({ name: 'its modulus', bytes: modulus }),
      ];
    });
    const distinct = [...new Map(needles.map((needle) => [base64(needle.bytes), needle])).values()];
    expect(findLeaks(everything(), distinct)).toEqual([]);
  });

  it('nor is any other public_key but what was sent in', () => {
    expect(findPublicKeys(everything(), mine)).toEqual([]);
    const sent = everything().filter(({ name }) => /^parent-api, to/.test(name));
    expect(findPublicKeys(sent, new Uint8Array(256))).not.toEqual([]);
  });
});

it('what was captured is that of every interface', () => {
  const of = (pattern: RegExp) =>
    everything()
      .filter(({ name }) => pattern.test(name))
      .reduce((length, { bytes }) => length + bytes.length, 0);
  for (const interfaceName of ['kms', 'credentials', 'endpoint', 'api', 'parent-api']) {
    expect(of(new RegExp(`^${interfaceName}, from`)), interfaceName).toBeGreaterThan(100);
  }
  expect(of(/^the log towards the parent$/)).toBeGreaterThan(1000);
  expect(of(/^enclave stderr/)).toBeGreaterThan(1000);
  const selfTest = everything().filter(
    ({ name, bytes }) =>
      /^parent-api, from/.test(name) && Buffer.from(bytes).includes('READY_SELF_TEST'),
  );
  expect(selfTest).toHaveLength(1);
});
