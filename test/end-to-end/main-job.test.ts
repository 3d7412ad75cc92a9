// The main job by the real processes, with somebody who listens in on both ways between enclave and
// parent, and on every line that any process writes.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DecryptCommand,
  DescribeKeyCommand,
  GetPublicKeyCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmSecret } from '../../scripts/main-job/confirmation.ts';
import { runMainJob } from '../../scripts/main-job/main-job.ts';
import type { Answer } from '../../scripts/main-job/protocol.ts';
import type { OutputLine } from '../../scripts/stack/child.ts';
import type { DevelopmentStack } from '../../scripts/stack/development-stack.ts';
import { ACCOUNT } from '../../scripts/stack/identity.ts';
import { startDevelopmentStack } from '../support/built.ts';
import { findLeaks, type Haystack, type Needle, piecesOf } from '../support/leak-search.ts';
import { type Recorder, startRecorder } from '../support/recorder.ts';

const AGREEMENT = 'alias/main-job-agreement';
const WRAPPING = 'alias/main-job-wrapping';

let directory: string;
let stack: DevelopmentStack;
let kmsPath: Recorder;
let credentialsPath: Recorder;
const lines: OutputLine[] = [];
const narrated: string[] = [];
/** Key material of the run, found out afterwards. */
const material: Needle[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'nkb-'));
  stack = await startDevelopmentStack({
    directory,
    env: process.env,
    now: Date.now,
    onLine: (line) => lines.push(line),
    interpose: {
      async kms(parent) {
        kmsPath = await startRecorder(join(directory, 'listen-kms.sock'), parent);
        return kmsPath.address;
      },
      async credentials(parent) {
        credentialsPath = await startRecorder(join(directory, 'listen-credentials.sock'), parent);
        return credentialsPath.address;
      },
    },
  });
  await runMainJob(stack, {
    step: (title) => narrated.push(title),
    say: (line) => narrated.push(line),
  });
  material.push(await deriveKnownSecret());
  await relaxPolicy(WRAPPING);
  for (const wrapped of wrappedPrivateKeys()) material.push(...(await unwrap(wrapped)));
  material.push(...privateKeysOnDisk());
});

afterAll(async () => {
  await stack.stop();
  kmsPath.close();
  credentialsPath.close();
  rmSync(directory, { recursive: true, force: true });
});

/** One more derivation, with a peer key of the test, so that its secret is known here. */
async function deriveKnownSecret(): Promise<Needle> {
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { PublicKey, KeyId: keyId = '' } = await stack.administrator.send(
    new GetPublicKeyCommand({ KeyId: AGREEMENT }),
  );
  const publicKey = createPublicKey({
    key: Buffer.from(PublicKey ?? []),
    format: 'der',
    type: 'spki',
  });
  const secret = diffieHellman({ privateKey: peer.privateKey, publicKey });
  const enclave = await stack.startEnclave({
    name: 'enclave-known',
    registers: stack.registers,
    debug: false,
  });
  const challenge = randomBytes(32);
  const answer = JSON.parse(
    await enclave.ask(
      JSON.stringify({
        job: 'derive',
        keyId,
        peerPublicKey: peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
        challenge: challenge.toString('base64'),
      }),
    ),
  ) as Answer<'derive'>;
  // That this is the secret which the enclave had.
  expect(answer).toEqual({
    result: { secretBytes: 32, confirmation: confirmSecret(secret, challenge) },
  });
  return { name: 'the shared secret', bytes: secret };
}

async function relaxPolicy(alias: string): Promise<void> {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
  const { KeyMetadata } = await stack.administrator.send(new DescribeKeyCommand({ KeyId: alias }));
  await stack.administrator.send(new PutKeyPolicyCommand({ KeyId: KeyMetadata?.Arn, Policy }));
}

/** Out of the answers of the enclave's application. */
function wrappedPrivateKeys(): readonly string[] {
  return lines.flatMap(({ process: name, stream, line }) => {
    if (!name.startsWith('enclave') || stream !== 'stdout') return [];
    const { result } = JSON.parse(line) as { result?: { wrappedPrivateKey?: string } };
    return result?.wrappedPrivateKey ?? [];
  });
}

async function unwrap(wrapped: string): Promise<readonly Needle[]> {
  const { Plaintext } = await stack.administrator.send(
    new DecryptCommand({
      KeyId: WRAPPING,
      CiphertextBlob: Buffer.from(wrapped, 'base64'),
      EncryptionContext: { purpose: 'signing', job: 'main' },
    }),
  );
  const key = Buffer.from(Plaintext ?? []);
  return [
    { name: 'the private data key', bytes: key },
    scalarOf('the private data key', createPrivateKey({ key, format: 'der', type: 'pkcs8' })),
  ];
}

function scalarOf(name: string, key: KeyObject): Needle {
  const { d = '' } = key.export({ format: 'jwk' });
  return { name: `the scalar of ${name}`, bytes: Buffer.from(d, 'base64url') };
}

/** The development authorities and the master key of the local KMS. */
function privateKeysOnDisk(): readonly Needle[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, bytes: readFileSync(join(parentPath, name)) }));
  return files.flatMap(({ name, bytes }) => {
    if (name === 'master.key') return [{ name, bytes }];
    const pem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(String(bytes));
    return pem === null ? [] : [scalarOf(name, createPrivateKey(pem[0]))];
  });
}

const onKmsPath = (): readonly Haystack[] => [
  { name: 'the KMS path, from the enclave', bytes: kmsPath.sent() },
  { name: 'the KMS path, to the enclave', bytes: kmsPath.received() },
];
const onCredentialsPath = (): readonly Haystack[] => [
  { name: 'the credentials path, from the enclave', bytes: credentialsPath.sent() },
  { name: 'the credentials path, to the enclave', bytes: credentialsPath.received() },
];
const inOutput = (): readonly Haystack[] => [
  ...lines.map(({ process: name, stream, line }) => ({
    name: `${name} ${stream}: ${line.slice(0, 60)}`,
    bytes: Buffer.from(line),
  })),
  // What spans lines, as PEM does.
  { name: 'all lines', bytes: Buffer.from(lines.map(({ line }) => line).join('\n')) },
  { name: 'what the run prints', bytes: Buffer.from(narrated.join('\n')) },
];
const everywhere = () => [...onKmsPath(), ...onCredentialsPath(), ...inOutput()];

describe('those who listen in on the main job', () => {
  it('hear TLS to KMS, the credentials, and lines of every process', () => {
    const hello = kmsPath.sent();
    expect([...hello.subarray(0, 3)]).toEqual([22, 3, 1]);
    expect(Buffer.from(hello).includes('localhost')).toBe(true);
    expect(kmsPath.received().length).toBeGreaterThan(10_000);
    const { SecretAccessKey, Token } = stack.parentCredentials;
    const answers = Buffer.from(credentialsPath.received()).toString();
    expect(answers).toContain(SecretAccessKey);
    expect(answers).toContain(Token);
    expect([...new Set(lines.map(({ process: name }) => name))].sort()).toEqual([
      'enclave',
      'enclave-debug',
      'enclave-known',
      'enclave-other',
      'local-kms',
      'parent',
    ]);
  });

  it('could be told of every secret of the run, were it there', () => {
    expect(material.map(({ name }) => name).sort()).toEqual(
      [
        'master.key',
        'the private data key',
        'the scalar of nsm-root-key.pem',
        'the scalar of the private data key',
        'the scalar of tls-ca-key.pem',
        'the shared secret',
      ].sort(),
    );
    for (const { name, bytes } of material) {
      const said = Buffer.from(`{"key":"${Buffer.from(bytes).toString('base64')}"}`);
      const leaks = findLeaks([{ name: 'the plant', bytes: said }], [{ name, bytes }]);
      expect(leaks).toContain(`${name} as base64 at 0 in the plant`);
    }
  });

  it('find no key material anywhere', () => {
    const secrets = material.filter(({ name }) => name !== 'the private data key');
    expect(findLeaks(everywhere(), [...material, ...secrets.flatMap(piecesOf)])).toEqual([]);
  });

  it('find no private key of any kind: no PEM, no PKCS#8 of RSA or an elliptic curve', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const der = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' });
    // From the version to the inner length: what every key of the kind has in common.
    const markers: Needle[] = [
      { name: 'PKCS#8 of RSA', bytes: der(rsa).subarray(4, 24) },
      { name: 'PKCS#8 of P-256', bytes: der(ec).subarray(3, 36) },
      { name: 'PEM', bytes: Buffer.from('PRIVATE KEY-----') },
    ];
    const plants = [rsa, ec].flatMap((key, index) => [
      { name: `DER ${index}`, bytes: der(key) },
      { name: `PEM ${index}`, bytes: Buffer.from(key.export({ format: 'pem', type: 'pkcs8' })) },
    ]);
    for (const plant of plants) expect(findLeaks([plant], markers)).not.toEqual([]);
    expect(findLeaks(everywhere(), markers)).toEqual([]);
  });

  it('find the AWS credentials on the credentials path and nowhere else', () => {
    const { SecretAccessKey, Token } = stack.parentCredentials;
    const credentials = [
      { name: 'SecretAccessKey', bytes: Buffer.from(SecretAccessKey) },
      { name: 'SecretAccessKey, decoded', bytes: Buffer.from(SecretAccessKey, 'base64') },
      { name: 'Token', bytes: Buffer.from(Token) },
      { name: 'Token, decoded', bytes: Buffer.from(Token, 'base64') },
    ];
    const found = findLeaks(onCredentialsPath(), credentials);
    expect(found).toContain('SecretAccessKey as raw in the credentials path, to the enclave');
    expect(found).toContain('Token as raw in the credentials path, to the enclave');
    expect(findLeaks([...onKmsPath(), ...inOutput()], credentials)).toEqual([]);
  });

  it('do not even find on the KMS path who signs the requests', () => {
    const { AccessKeyId } = stack.parentCredentials;
    const needle = { name: 'AccessKeyId', bytes: Buffer.from(AccessKeyId) };
    expect(findLeaks(onCredentialsPath(), [needle])).not.toEqual([]);
    expect(findLeaks(onKmsPath(), [needle])).toEqual([]);
  });
});
