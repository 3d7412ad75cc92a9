// The endpoint as programs of any language have it: unmodified SDKs and the AWS CLI, each in a process
// that knows the endpoint's URL and the credentials file of one caller.
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, GenerateDataKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEY_OPERATIONS } from '../../enclave/config/keys.ts';
import { haveAwsCli } from '../support/aws-cli.ts';
import {
  type CallOutcome,
  createBoto3Driver,
  createCliDriver,
  createSdkDriver,
  type Driver,
  type DriverOptions,
  type Members,
} from '../support/endpoint-clients/driver.ts';
import {
  callerConfig,
  type EndpointScene,
  endpointConfig,
  type RunningEndpoint,
  runEndpoint,
  startEndpointScene,
} from '../support/endpoint-scene.ts';
import { readServiceModel } from '../support/service-model.ts';

const TENANT = { tenant: 'blue' };
const OWN_CONTEXT = { EncryptionContext: { ...TENANT, file: '7' } };
const ATTESTED = ['Decrypt', 'DeriveSharedSecret', 'GenerateDataKey', 'GenerateDataKeyPair'];
const ACCOUNT = 'arn:aws:iam::111122223333:root';

const directory = mkdtempSync(join(tmpdir(), 'nkb-'));
const credentialsFile = (caller: string) => join(directory, `${caller}.credentials`);

let scene: EndpointScene;
let mac: string;
let running: RunningEndpoint;
/** Of `other`, for the key that only `other` may use. */
let ciphertextOfOther: string;

/** Without an attestation document nobody is answered in clear. */
async function demandAttestation(KeyId: string): Promise<void> {
  const everyone = { Principal: { AWS: ACCOUNT }, Resource: '*' };
  const unattested = { Null: { 'kms:RecipientAttestation:PCR0': 'true' } };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { ...everyone, Effect: 'Allow', Action: 'kms:*' },
      {
        ...everyone,
        Effect: 'Deny',
        Action: ATTESTED.map((operation) => `kms:${operation}`),
        Condition: unattested,
      },
    ],
  });
  await scene.direct.send(new PutKeyPolicyCommand({ KeyId, Policy }));
}

beforeAll(async () => {
  scene = await startEndpointScene();
  const { data, other, agreement, signing } = scene.keys;
  const { KeyMetadata } = await scene.direct.send(
    new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  );
  mac = KeyMetadata?.Arn ?? '';
  for (const key of [data, other, agreement]) await demandAttestation(key);

  const OF_DATA = [
    ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair'],
    ...['GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext'],
  ];
  const OF_AGREEMENT = ['DeriveSharedSecret', 'DescribeKey', 'GetPublicKey'];
  const config = endpointConfig({
    keys: {
      data: { arn: data, operations: OF_DATA },
      other: { arn: other, operations: OF_DATA },
      agreement: { arn: agreement, operations: OF_AGREEMENT, keySpec: 'ECC_NIST_P256' },
      signing: { arn: signing, operations: ['Sign', 'Verify'] },
      mac: { arn: mac, operations: ['GenerateMac', 'VerifyMac'] },
    },
    callers: [
      callerConfig(directory, 'app', {
        generateRandom: true,
        permissions: [
          { key: 'data', operations: OF_DATA, encryptionContext: TENANT },
          { key: 'agreement', operations: OF_AGREEMENT },
          { key: 'signing', operations: ['Sign', 'Verify'] },
          { key: 'mac', operations: ['GenerateMac', 'VerifyMac'] },
        ],
      }),
      callerConfig(directory, 'other', {
        permissions: [{ key: 'other', operations: ['Decrypt', 'Encrypt'] }],
      }),
    ],
  });
  // The files of a run before: the access keys in them ended with it.
  const before = await runEndpoint(scene, config);
  copyFileSync(credentialsFile('app'), credentialsFile('former'));
  await before.close();
  running = await runEndpoint(scene, config);
  ciphertextOfOther = await encryptAsOther();
});

afterAll(async () => {
  await running.close();
  await scene.close();
  rmSync(directory, { recursive: true, force: true });
});

async function encryptAsOther(): Promise<string> {
  const driver = createSdkDriver({
    endpoint: endpointUrl(),
    credentialsFile: credentialsFile('other'),
  });
  try {
    const input = { KeyId: scene.keys.other, Plaintext: text('of other') };
    const { CiphertextBlob } = outputOf(await driver.call('Encrypt', input));
    return String(CiphertextBlob);
  } finally {
    driver.close();
  }
}

function endpointUrl(): string {
  const { address } = running.endpoint;
  if (address.kind !== 'tcp') throw new Error('the endpoint is not on loopback');
  return `http://${address.host}:${address.port}`;
}

const text = (value: string): string => Buffer.from(value).toString('base64');
const bytes = (value: unknown): Buffer => Buffer.from(String(value), 'base64');

function outputOf(outcome: CallOutcome): Members {
  if ('output' in outcome) return outcome.output;
  throw new Error(`${outcome.error}: ${outcome.message}`);
}

/** Calls that must not be made, and KMS's name for why. */
interface Forbidden {
  readonly what: string;
  readonly caller: 'app' | 'other' | 'former';
  readonly operation: string;
  readonly input: () => Members;
  readonly error: string;
}

const ACCESS_DENIED = 'AccessDeniedException';
const FORBIDDEN: readonly Forbidden[] = [
  {
    what: "another's key",
    caller: 'other',
    operation: 'Encrypt',
    input: () => ({ KeyId: scene.keys.data, Plaintext: text('x'), ...OWN_CONTEXT }),
    error: ACCESS_DENIED,
  },
  {
    what: "another's ciphertext, by its own key",
    caller: 'app',
    operation: 'Decrypt',
    input: () => ({ CiphertextBlob: ciphertextOfOther, ...OWN_CONTEXT }),
    error: 'IncorrectKeyException',
  },
  {
    what: "another's context",
    caller: 'app',
    operation: 'GenerateDataKey',
    input: () => ({
      KeyId: scene.keys.data,
      NumberOfBytes: 32,
      EncryptionContext: { tenant: 'green' },
    }),
    error: ACCESS_DENIED,
  },
  {
    what: 'no context where one is required',
    caller: 'app',
    operation: 'GenerateDataKey',
    input: () => ({ KeyId: scene.keys.data, NumberOfBytes: 32 }),
    error: ACCESS_DENIED,
  },
  {
    what: "an operation that is another's on another key",
    caller: 'other',
    operation: 'GenerateDataKey',
    input: () => ({ KeyId: scene.keys.other, NumberOfBytes: 32 }),
    error: ACCESS_DENIED,
  },
  {
    what: 'random bytes that are not permitted',
    caller: 'other',
    operation: 'GenerateRandom',
    input: () => ({ NumberOfBytes: 32 }),
    error: ACCESS_DENIED,
  },
  {
    what: 'an operation that administers',
    caller: 'app',
    operation: 'ScheduleKeyDeletion',
    input: () => ({ KeyId: scene.keys.data }),
    error: ACCESS_DENIED,
  },
  {
    what: 'a Recipient of its own',
    caller: 'app',
    operation: 'GenerateRandom',
    input: () => ({
      NumberOfBytes: 32,
      Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'AAAA' },
    }),
    error: 'ValidationException',
  },
  {
    what: 'the access key of a run before',
    caller: 'former',
    operation: 'GenerateRandom',
    input: () => ({ NumberOfBytes: 32 }),
    error: 'UnrecognizedClientException',
  },
];

describe.each<[string, boolean, (options: DriverOptions) => Driver]>([
  ['the AWS SDK for JavaScript', true, createSdkDriver],
  ['boto3', readServiceModel() !== undefined, createBoto3Driver],
  ['the AWS CLI', haveAwsCli, createCliDriver],
])('%s on the endpoint', (name, installed, createDriver) => {
  const skipped = installed ? '' : ` (SKIPPED: ${name}, not installed)`;
  const drivers = new Map<string, Driver>();
  afterAll(() => {
    for (const driver of drivers.values()) driver.close();
  });

  function as(caller: string): Driver {
    const driver =
      drivers.get(caller) ??
      createDriver({ endpoint: endpointUrl(), credentialsFile: credentialsFile(caller) });
    drivers.set(caller, driver);
    return driver;
  }

  // The CLI takes its time to start, and this starts it twenty times.
  const forbidden = createDriver === createCliDriver ? FORBIDDEN.slice(0, 5) : FORBIDDEN;
  const options = { timeout: 90_000 };

  it.skipIf(!installed)(`makes every permitted call${skipped}`, options, async () => {
    const made = new Set<string>();
    const call = async (operation: string, input: Members): Promise<Members> => {
      const output = outputOf(await as('app').call(operation, input));
      expect(output).not.toHaveProperty('CiphertextForRecipient');
      made.add(operation);
      return output;
    };
    const { data, agreement, signing } = scene.keys;
    const decrypt = async (CiphertextBlob: unknown): Promise<Buffer> =>
      bytes((await call('Decrypt', { CiphertextBlob, ...OWN_CONTEXT })).Plaintext);

    const random = await call('GenerateRandom', { NumberOfBytes: 33 });
    expect(bytes(random.Plaintext)).toHaveLength(33);

    const onData = { KeyId: data, ...OWN_CONTEXT };
    const dataKey = await call('GenerateDataKey', { ...onData, KeySpec: 'AES_256' });
    expect(bytes(dataKey.Plaintext)).toHaveLength(32);
    expect(await decrypt(dataKey.CiphertextBlob)).toEqual(bytes(dataKey.Plaintext));

    const wrapped = await call('GenerateDataKeyWithoutPlaintext', { ...onData, NumberOfBytes: 48 });
    expect(await decrypt(wrapped.CiphertextBlob)).toHaveLength(48);

    const pairSpec = { ...onData, KeyPairSpec: 'ECC_NIST_P256' };
    const pair = await call('GenerateDataKeyPair', pairSpec);
    expect(publicKeyOf(bytes(pair.PrivateKeyPlaintext))).toEqual(bytes(pair.PublicKey));

    const wrappedPair = await call('GenerateDataKeyPairWithoutPlaintext', pairSpec);
    expect(publicKeyOf(await decrypt(wrappedPair.PrivateKeyCiphertextBlob))).toEqual(
      bytes(wrappedPair.PublicKey),
    );

    const encrypted = await call('Encrypt', { ...onData, Plaintext: text('in clear') });
    expect(await decrypt(encrypted.CiphertextBlob)).toEqual(Buffer.from('in clear'));

    const { KeyMetadata } = await call('DescribeKey', { KeyId: agreement });
    expect(KeyMetadata).toMatchObject({ Arn: agreement });

    const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const derived = await call('DeriveSharedSecret', {
      KeyId: agreement,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey,
    });
    const { PublicKey: spki } = await call('GetPublicKey', { KeyId: agreement });
    const publicKey = createPublicKey({ key: bytes(spki), format: 'der', type: 'spki' });
    const secret = diffieHellman({ privateKey: peer.privateKey, publicKey });
    expect(bytes(derived.SharedSecret)).toEqual(secret);

    const signed = { KeyId: signing, Message: text('signed'), SigningAlgorithm: 'ECDSA_SHA_256' };
    const { Signature } = await call('Sign', signed);
    expect(await call('Verify', { ...signed, Signature })).toMatchObject({ SignatureValid: true });

    const authentic = { KeyId: mac, Message: text('authentic'), MacAlgorithm: 'HMAC_SHA_256' };
    const { Mac } = await call('GenerateMac', authentic);
    expect(await call('VerifyMac', { ...authentic, Mac })).toMatchObject({ MacValid: true });

    expect([...made].sort()).toEqual([...KEY_OPERATIONS, 'GenerateRandom'].sort());
  });

  it.skipIf(!installed).each(forbidden.map((call) => [call.what, call] as const))(
    `is refused %s${skipped}`,
    options,
    async (_what, { caller, operation, input, error }) => {
      expect(await as(caller).call(operation, input())).toMatchObject({ error });
    },
  );
});

it('the keys of these calls answer nobody without a document', async () => {
  const call = scene.direct.send(
    new GenerateDataKeyCommand({ KeyId: scene.keys.data, NumberOfBytes: 32, ...OWN_CONTEXT }),
  );
  await expect(call).rejects.toMatchObject({ name: ACCESS_DENIED });
});

function publicKeyOf(pkcs8: Buffer): Buffer {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
}
