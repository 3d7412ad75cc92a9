// Key material of a whole run, by the real processes, looked for where it must not be: on every way
// out of the enclave, and in memory after it was disposed of.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DecryptCommand, EncryptCommand, GetPublicKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deriveKey } from '../../shared/kdf/index.ts';
import { Secret } from '../../shared/secret.ts';
import { type ApiAnswer, askApi } from '../support/api.ts';
import { findLeaks, type Haystack, type Needle, piecesOf } from '../support/leak-search.ts';
import { canReadMemory, memoryOf } from '../support/secrets-in-memory/memory-of.ts';
import { startWholeEnclave, type WholeEnclave } from '../support/whole-enclave.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytesOf = (value: unknown) => Buffer.from(String(value), 'base64');
const spkiOf = (key: ReturnType<typeof generateKeyPairSync>['publicKey']) =>
  key.export({ format: 'der', type: 'spki' });

const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const FIXED_INFO = { algorithmId: 'a key', partyU: 'one', partyV: 'other' };
const KDF = { kind: 'hkdf', hash: 'SHA-256' } as const;

let whole: WholeEnclave;
/** Key material of the run. Every byte of it is secret. */
const material: Needle[] = [];
/** Answers to calls that failed. */
const refusals: Haystack[] = [];
let sharedSecret: Buffer;

beforeAll(async () => {
  whole = await startWholeEnclave({});
  sharedSecret = await agree();
  await useEndpoint();
  await useApis();
  await fail();
  material.push(...keysOnDisk());
});
afterAll(() => whole?.stop());

/** What KMS and the peer agree on, found by the peer. */
async function agree(): Promise<Buffer> {
  const { PublicKey = [] } = await whole.stack.administrator.send(
    new GetPublicKeyCommand({ KeyId: whole.keys.agreement }),
  );
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey: peer.privateKey, publicKey });
}

async function answered(asking: Promise<ApiAnswer>): Promise<Readonly<Record<string, unknown>>> {
  const { status, json = {}, text } = await asking;
  expect(status, text).toBe(200);
  return json;
}

async function useEndpoint(): Promise<void> {
  const KeyId = whole.keys.data;
  const call = (operation: string, members: object) => answered(whole.call(operation, members));
  const random = await call('GenerateRandom', { NumberOfBytes: 64 });
  const dataKey = await call('GenerateDataKey', { KeyId, NumberOfBytes: 64 });
  const { CiphertextBlob } = dataKey;
  const decrypted = await call('Decrypt', { KeyId, CiphertextBlob });
  expect(decrypted.Plaintext).toBe(dataKey.Plaintext);
  const pair = await call('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' });
  const agreement = {
    KeyId: whole.keys.agreement,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: base64(spkiOf(peer.publicKey)),
  };
  const { SharedSecret } = await call('DeriveSharedSecret', agreement);
  expect(bytesOf(SharedSecret)).toEqual(sharedSecret);
  material.push(
    { name: 'random bytes', bytes: bytesOf(random.Plaintext) },
    { name: 'the data key', bytes: bytesOf(dataKey.Plaintext) },
    { name: 'the private data key', bytes: scalarOf(bytesOf(pair.PrivateKeyPlaintext)) },
    { name: 'the shared secret', bytes: sharedSecret },
  );
}

const derivation = () => ({
  key: 'agreement',
  publicKey: base64(spkiOf(peer.publicKey)),
  kdf: KDF,
  fixedInfo: Object.fromEntries(
    Object.entries(FIXED_INFO).map(([name, text]) => [name, base64(Buffer.from(text))]),
  ),
  lengthBytes: 32,
});

function derivedKey(): Uint8Array {
  const utf8 = new TextEncoder();
  return deriveKey({
    secret: new Secret(Uint8Array.from(sharedSecret)),
    kdf: KDF,
    fixedInfo: {
      algorithmId: utf8.encode(FIXED_INFO.algorithmId),
      partyU: utf8.encode(FIXED_INFO.partyU),
      partyV: utf8.encode(FIXED_INFO.partyV),
    },
    lengthBytes: 32,
  }).reveal((bytes) => Uint8Array.from(bytes));
}

async function useApis(): Promise<void> {
  const { derivedKey: derived } = await answered(whole.deriveKey(derivation()));
  expect(bytesOf(derived)).toEqual(Buffer.from(derivedKey()));
  material.push({ name: 'the derived key', bytes: bytesOf(derived) });
  const body = { nonce: base64(randomBytes(32)), data: base64(randomBytes(64)) };
  await answered(askApi(whole.parentApi, { path: '/v1/attestation', body }));
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await askApi(whole.parentApi, { path })).status).toBe(200);
    expect((await askApi(whole.api, { path })).status).toBe(200);
  }
}

/** Whatever is refused has secrets of callers in it, or is about them. */
async function fail(): Promise<void> {
  const KeyId = whole.keys.data;
  const Plaintext = base64(randomBytes(48));
  material.push({ name: 'what was not encrypted', bytes: bytesOf(Plaintext) });
  const good = { KeyId, Plaintext };
  const refused = [
    whole.call('Encrypt', { ...good, KeyId: whole.keys.agreement }),
    whole.call('Encrypt', { ...good, EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
    whole.call('Encrypt', { ...good, [Plaintext]: Plaintext }),
    whole.call('Encrypt', { KeyId, Plaintext: `${Plaintext}!` }),
    whole.call('GenerateDataKey', { KeyId, NumberOfBytes: 0 }),
    whole.call('Decrypt', { KeyId, CiphertextBlob: Plaintext }),
    whole.deriveKey({ ...derivation(), publicKey: Plaintext }),
    whole.deriveKey({ ...derivation(), [Plaintext]: Plaintext }),
  ];
  // The names of a key and of an operation are said again to the caller, and to nobody else.
  await whole.call('Encrypt', { KeyId: Plaintext, Plaintext });
  await whole.call(Plaintext.replaceAll(/[^A-Za-z]/g, ''), good);
  for (const [index, refusal] of refused.entries()) {
    const { status, text } = await refusal;
    expect(status, `${index}: ${text}`).toBeGreaterThanOrEqual(400);
    refusals.push({ name: `refusal ${index}`, bytes: Buffer.from(text) });
  }
}

/** Access keys of callers, the development authorities, and the master key of the local KMS. */
function keysOnDisk(): readonly Needle[] {
  const { directory } = whole.stack;
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));
  return files.flatMap(({ name, bytes }) => {
    if (name === 'master.key') return [{ name, bytes }];
    const secret = /^aws_secret_access_key = (.+)$/m.exec(String(bytes))?.[1];
    if (secret !== undefined) return [{ name, bytes: Buffer.from(secret) }];
    const pem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(String(bytes));
    return pem === null ? [] : [{ name, bytes: scalarOf(pem[0]) }];
  });
}

function scalarOf(key: string | Buffer): Buffer {
  const { d = '' } = createPrivateKey(
    typeof key === 'string' ? key : { key, format: 'der', type: 'pkcs8' },
  ).export({ format: 'jwk' });
  return Buffer.from(d, 'base64url');
}

/** Inside the enclave, the endpoint and the broker API answer in clear: that is what they are for. */
const isInside = ({ name }: Haystack) => /^(endpoint|api), /.test(name);

describe('key material of a run', () => {
  it('is known here, all of it, and would be found', () => {
    expect(material.map(({ name }) => name).sort()).toEqual(
      [
        ...['random bytes', 'the data key', 'the private data key', 'the shared secret'],
        ...['the derived key', 'what was not encrypted', 'app.credentials'],
        ...['master.key', 'nsm-root-key.pem', 'tls-ca-key.pem'],
      ].sort(),
    );
    const inside = findLeaks(whole.captured().filter(isInside), material);
    for (const name of ['random bytes', 'the data key', 'the shared secret', 'the derived key']) {
      expect(
        inside.some((leak) => leak.startsWith(`${name} as base64`)),
        name,
      ).toBe(true);
    }
  });

  it('does not get out: by the parent, in logs, in metrics, in a line of any process', () => {
    const outside = whole.captured().filter((haystack) => !isInside(haystack));
    const names = outside.filter(({ bytes }) => bytes.length > 0).map(({ name }) => name);
    for (const way of ['kms', 'credentials', 'parent-api']) {
      expect(names).toContain(`${way}, from the one that listens`);
    }
    expect(names).toContain('the log towards the parent');
    expect(
      findLeaks(
        outside,
        material.flatMap((secret) => [secret, ...piecesOf(secret)]),
      ),
    ).toEqual([]);
  });

  it('is in no refusal', () => {
    expect(
      findLeaks(
        refusals,
        material.flatMap((secret) => [secret, ...piecesOf(secret)]),
      ),
    ).toEqual([]);
  });
});

describe('key material that was disposed of', () => {
  let program: ChildProcess;
  let snapshotPath: string;
  const known: Needle[] = [];
  const inMemory = new Map<string, readonly string[]>();

  beforeAll(async () => {
    const { directory, administrator } = whole.stack;
    const enclave = JSON.parse(readFileSync(join(directory, 'enclave.json'), 'utf8'));
    const { endpoint, api, parentApi, logs, callers, ...library } = enclave;
    const configPath = join(directory, 'library.json');
    writeFileSync(configPath, JSON.stringify(library));
    snapshotPath = join(directory, 'heap.heapsnapshot');
    const plaintext = randomBytes(64);
    const { CiphertextBlob = [] } = await administrator.send(
      new EncryptCommand({ KeyId: whole.keys.data, Plaintext: plaintext }),
    );
    const script = join(import.meta.dirname, '..', 'support', 'secrets-in-memory', 'program.mjs');
    program = spawn(
      process.execPath,
      [
        ...['--expose-gc', script, configPath, snapshotPath],
        ...[base64(spkiOf(peer.publicKey)), base64(Buffer.from(CiphertextBlob))],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } },
    );
    const said = createInterface({ input: program.stdout ?? process.stdin })[
      Symbol.asyncIterator
    ]();
    const next = async () => JSON.parse((await said.next()).value) as { wrapped?: string };
    const goOn = () => program.stdin?.write('\n');
    const look = (when: string) => {
      if (canReadMemory) inMemory.set(when, findLeaks(memoryOf(program.pid ?? 0), known));
    };

    const { wrapped = '' } = await next();
    const { Plaintext = [] } = await administrator.send(
      new DecryptCommand({
        CiphertextBlob: Uint8Array.from(wrapped.split(','), Number),
      }),
    );
    known.push(
      { name: 'the shared secret', bytes: sharedSecret },
      { name: 'the derived key', bytes: derivedKey() },
      { name: 'the decrypted text', bytes: plaintext },
      { name: 'the data key', bytes: Buffer.from(Plaintext) },
    );
    look('held');
    goOn();
    await next();
    look('disposed');
    goOn();
    await next();
    goOn();
    await once(program, 'exit');
  });

  it('is not in a heap snapshot', () => {
    const bytes = readFileSync(snapshotPath);
    expect(bytes.includes('SharedSecret')).toBe(true);
    expect(findLeaks([{ name: 'the snapshot', bytes }], known.flatMap(piecesOf))).toEqual([]);
  });

  it.skipIf(!canReadMemory)(
    `is not in memory at all, where it was before${canReadMemory ? '' : ' (SKIPPED: needs /proc/PID/mem)'}`,
    () => {
      const held = inMemory.get('held') ?? [];
      for (const { name } of known) {
        expect(
          held.some((leak) => leak.startsWith(`${name} as raw`)),
          name,
        ).toBe(true);
      }
      expect(inMemory.get('disposed')).toEqual([]);
    },
  );
});
