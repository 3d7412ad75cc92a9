import { describe, expect, it, onTestFinished } from 'vitest';
import type { EnclaveConfig } from '../../../enclave/config.ts';
import type { JsonMembers, SignedKmsClient } from '../../../enclave/kms/index.ts';
import { type EnclaveMetrics, silentMetrics } from '../../../enclave/metrics.ts';
import type { RecipientKeyRing } from '../../../enclave/recipient/index.ts';
import { KmsError, TransportError, UnwrapError } from '../../../shared/errors.ts';
import { KmsServiceError } from '../../../shared/kms/index.ts';
import { Secret } from '../../../shared/secret.ts';
import {
  callerConfig,
  endpointConfig,
  type RunningEndpoint,
  readCredentials,
  runEndpoint,
} from '../../support/endpoint-scene.ts';
import { type RawAnswer, type RawRequest, signedPost } from '../../support/signed-post.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const arn = (digit: number) =>
  `arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-00000000000${digit}`;
const [DATA, OTHER, SIGNING, STRANGE, PEERS] = [arn(1), arn(2), arn(3), arn(4), arn(5)] as const;
const CIPHERTEXT = 'AQIDBA==';
const CONTEXT_VALUE = 'blue-context-value';
const EncryptionContext = { tenant: CONTEXT_VALUE };

interface Scene extends RunningEndpoint {
  readonly config: EnclaveConfig;
  /** What left for KMS. */
  readonly sent: { readonly operation: string; readonly members: JsonMembers }[];
  readonly counted: string[];
  post(
    caller: string,
    operation: string,
    body: object | string,
    more?: RawRequest,
  ): Promise<RawAnswer>;
}

/** An endpoint with a KMS that takes everything, or fails by `failure`. */
async function start(failure?: Error): Promise<Scene> {
  const directory = temporaryDirectory();
  const config = endpointConfig({
    keys: {
      data: {
        arn: DATA,
        operations: ['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'],
        encryptionContext: EncryptionContext,
      },
      other: { arn: OTHER, operations: ['Decrypt', 'Encrypt', 'DescribeKey'] },
      signing: { arn: SIGNING, operations: ['Sign', 'Verify'] },
      peers: { arn: PEERS, operations: ['DeriveSharedSecret'], keySpec: 'ECC_NIST_P256' },
    },
    callers: [
      callerConfig(directory, 'app', {
        permissions: [
          { key: 'data', operations: ['Decrypt', 'Encrypt', 'DescribeKey'] },
          { key: 'signing', operations: ['Sign'] },
          { key: 'peers', operations: ['DeriveKey'] },
        ],
      }),
      callerConfig(directory, 'two', {
        permissions: [
          { key: 'data', operations: ['Decrypt'] },
          { key: 'other', operations: ['Decrypt', 'Encrypt', 'DescribeKey'] },
        ],
      }),
      callerConfig(directory, 'none', {}),
    ],
  });
  const sent: Scene['sent'] = [];
  const kms: SignedKmsClient = {
    async send(operation, body) {
      sent.push({ operation, members: JSON.parse(new TextDecoder().decode(body)) });
      if (failure !== undefined) throw failure;
      const answer = JSON.stringify({ KeyId: DATA, CiphertextForRecipient: 'AQID' });
      return { body: new TextEncoder().encode(answer), requestId: 'of-kms' };
    },
  };
  const keyRing = {
    lease: async () => ({
      document: Uint8Array.of(1),
      reused: false,
      open: async () => new Secret(Uint8Array.of(5, 6)),
      release() {},
    }),
  } as unknown as RecipientKeyRing;
  const counted: string[] = [];
  const metrics: EnclaveMetrics = {
    ...silentMetrics,
    callerCall: (...labels) => counted.push(labels.join(' ')),
  };
  const running = await runEndpoint({ kms, keyRing }, config, { metrics });
  onTestFinished(() => running.close());
  const { address } = running.endpoint;
  const port = address.kind === 'tcp' ? address.port : 0;
  return {
    ...running,
    config,
    sent,
    counted,
    post: (caller, operation, body, more = {}) =>
      signedPost(
        { port },
        {
          target: `TrentService.${operation}`,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          credentials: readCredentials(config, caller),
          ...more,
        },
      ),
  };
}

const CiphertextBlob = CIPHERTEXT;
const decrypt = { KeyId: DATA, CiphertextBlob, EncryptionContext };

describe('the endpoint', () => {
  it.each<[string, string, string, object | string, string]>([
    // Another's key, operation or context.
    ["another's key", 'app', 'Decrypt', { KeyId: OTHER, CiphertextBlob }, 'AccessDeniedException'],
    ['a key of nobody', 'app', 'Decrypt', { ...decrypt, KeyId: STRANGE }, 'AccessDeniedException'],
    [
      'its key in another account',
      'app',
      'Decrypt',
      { ...decrypt, KeyId: DATA.replace('1111', '2222') },
      'AccessDeniedException',
    ],
    [
      "another's operation",
      'two',
      'Encrypt',
      { KeyId: DATA, EncryptionContext, Plaintext: 'AQ==' },
      'AccessDeniedException',
    ],
    [
      'an operation of the key that nobody has',
      'app',
      'GenerateDataKey',
      { KeyId: DATA, EncryptionContext },
      'AccessDeniedException',
    ],
    ['random bytes', 'app', 'GenerateRandom', { NumberOfBytes: 32 }, 'AccessDeniedException'],
    ['anything, with no permission', 'none', 'Decrypt', decrypt, 'AccessDeniedException'],
    [
      'Decrypt of any key, with no permission',
      'none',
      'Decrypt',
      { CiphertextBlob },
      'AccessDeniedException',
    ],
    [
      'no encryption context',
      'app',
      'Decrypt',
      { KeyId: DATA, CiphertextBlob },
      'AccessDeniedException',
    ],
    [
      'another encryption context',
      'app',
      'Decrypt',
      { ...decrypt, EncryptionContext: { tenant: 'green' } },
      'AccessDeniedException',
    ],
    [
      'the encryption context under another name',
      'app',
      'Decrypt',
      { ...decrypt, EncryptionContext: { Tenant: CONTEXT_VALUE } },
      'AccessDeniedException',
    ],
    [
      'an operation without the encryption context that it would need',
      'app',
      'DescribeKey',
      { KeyId: DATA },
      'AccessDeniedException',
    ],
    [
      'the raw secret, who may have keys derived from it',
      'app',
      'DeriveSharedSecret',
      { KeyId: PEERS, KeyAgreementAlgorithm: 'ECDH', PublicKey: 'AQ==' },
      'AccessDeniedException',
    ],
    // What nobody may.
    ...[
      'CreateGrant',
      'CreateKey',
      'DeriveKey',
      'DisableKey',
      'GetKeyPolicy',
      'ListGrants',
      'ListKeys',
      'PutKeyPolicy',
      'ReEncrypt',
      'RetireGrant',
      'ScheduleKeyDeletion',
      'UpdateAlias',
      'toString',
      'constructor',
    ].map(
      (operation) =>
        [operation, 'app', operation, { KeyId: DATA }, 'AccessDeniedException'] as [
          string,
          string,
          string,
          object,
          string,
        ],
    ),
    // Names of keys.
    ['an alias', 'app', 'Decrypt', { ...decrypt, KeyId: 'alias/data' }, 'ValidationException'],
    [
      'the ARN of an alias',
      'app',
      'Decrypt',
      { ...decrypt, KeyId: 'arn:aws:kms:us-east-1:111122223333:alias/data' },
      'ValidationException',
    ],
    [
      'a name of the configuration',
      'app',
      'Decrypt',
      { ...decrypt, KeyId: 'data' },
      'AccessDeniedException',
    ],
    ['an empty KeyId', 'app', 'Decrypt', { ...decrypt, KeyId: '' }, 'AccessDeniedException'],
    [
      'a KeyId beyond all length',
      'app',
      'Decrypt',
      { ...decrypt, KeyId: 'k'.repeat(2049) },
      'ValidationException',
    ],
    ['no KeyId', 'app', 'Encrypt', { Plaintext: 'AQ==', EncryptionContext }, 'ValidationException'],
    [
      'no KeyId, with several to decrypt by',
      'two',
      'Decrypt',
      { CiphertextBlob, EncryptionContext },
      'ValidationException',
    ],
    // What a request must not have.
    [
      'a Recipient',
      'app',
      'Decrypt',
      { ...decrypt, Recipient: { AttestationDocument: 'AQ==' } },
      'ValidationException',
    ],
    ['a null Recipient', 'app', 'Decrypt', { ...decrypt, Recipient: null }, 'ValidationException'],
    [
      'a Recipient where none belongs',
      'app',
      'Sign',
      { KeyId: SIGNING, Recipient: {} },
      'ValidationException',
    ],
    [
      'DryRunModifiers',
      'app',
      'Decrypt',
      { ...decrypt, DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] },
      'ValidationException',
    ],
    ['an unknown member', 'app', 'Decrypt', { ...decrypt, Unknown: 1 }, 'ValidationException'],
    [
      'a member of another operation',
      'app',
      'Sign',
      { KeyId: SIGNING, EncryptionContext },
      'ValidationException',
    ],
    [
      'a member in other letters',
      'app',
      'Decrypt',
      { ...decrypt, keyId: OTHER },
      'ValidationException',
    ],
    [
      'KeyId twice',
      'app',
      'Decrypt',
      `{"KeyId":"${OTHER}",${JSON.stringify(decrypt).slice(1)}`,
      'SerializationException',
    ],
    [
      'KeyId twice, once with escapes',
      'app',
      'Decrypt',
      `{"Key\\u0049d":"${OTHER}",${JSON.stringify(decrypt).slice(1)}`,
      'SerializationException',
    ],
    [
      'one pair of the encryption context twice',
      'app',
      'Decrypt',
      `{"KeyId":"${DATA}","EncryptionContext":{"tenant":"green","tenant":"${CONTEXT_VALUE}"}}`,
      'SerializationException',
    ],
    // What it must be.
    ['no JSON', 'app', 'Decrypt', '{"KeyId":', 'SerializationException'],
    ['nothing', 'app', 'Decrypt', '', 'SerializationException'],
    ['a list', 'app', 'Decrypt', '[]', 'SerializationException'],
    ['null', 'app', 'Decrypt', 'null', 'SerializationException'],
    ['two values', 'app', 'Decrypt', '{}{}', 'SerializationException'],
    [
      'a byte order mark',
      'app',
      'Decrypt',
      `\ufeff${JSON.stringify(decrypt)}`,
      'SerializationException',
    ],
    [
      'nesting',
      'app',
      'Decrypt',
      '{"EncryptionContext":{"a":{"b":"c"}}}',
      'SerializationException',
    ],
    ['nesting beyond all depth', 'app', 'Decrypt', '['.repeat(100_000), 'SerializationException'],
    ['a number for a KeyId', 'app', 'Decrypt', { ...decrypt, KeyId: 1 }, 'SerializationException'],
    [
      'a list for a KeyId',
      'app',
      'Decrypt',
      { ...decrypt, KeyId: [DATA] },
      'SerializationException',
    ],
    [
      'a text for DryRun',
      'app',
      'Decrypt',
      { ...decrypt, DryRun: 'true' },
      'SerializationException',
    ],
    [
      'a text for GrantTokens',
      'app',
      'Decrypt',
      { ...decrypt, GrantTokens: 'token' },
      'SerializationException',
    ],
    [
      'a list for an encryption context',
      'app',
      'Decrypt',
      { ...decrypt, EncryptionContext: [] },
      'SerializationException',
    ],
    [
      'a number in the encryption context',
      'app',
      'Decrypt',
      { ...decrypt, EncryptionContext: { ...EncryptionContext, a: 1 } },
      'SerializationException',
    ],
    [
      'half a character in the encryption context',
      'app',
      'Decrypt',
      { ...decrypt, EncryptionContext: { ...EncryptionContext, a: '\ud83d' } },
      'SerializationException',
    ],
  ])('refuses %s, and nothing leaves', async (_what, caller, operation, body, type) => {
    const { post, sent, log, counted } = await start();
    const answer = await post(caller, operation, body);
    expect({ ...answer, type: answer.body.__type }).toMatchObject({ status: 400, type });
    expect(answer.type).toBe('application/x-amz-json-1.1');
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent).toEqual([]);
    expect(log.entries).toHaveLength(1);
    expect(log.entries[0]).toMatchObject({
      level: 'warn',
      event: 'endpoint call',
      fields: { caller },
    });
    expect(JSON.stringify(log.entries)).not.toMatch(
      /green|context-value|AQIDBA|CreateKey|ReEncrypt/,
    );
    expect(counted).toEqual([
      expect.stringMatching(new RegExp(`^${caller} [A-Za-z]+ [A-Za-z_]+$`)),
    ]);
  });

  it.each<[string, RawRequest, string]>([
    ['another region', { region: 'eu-west-1' }, 'InvalidSignatureException'],
    ['an old signature', { now: Date.now() - 600_000 }, 'InvalidSignatureException'],
    [
      'an access key of AWS',
      { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' } },
      'UnrecognizedClientException',
    ],
    [
      'a target of another service',
      { target: 'DynamoDB_20120810.GetItem' },
      'UnknownOperationException',
    ],
    ['a target that is none', { target: 'TrentService.Decrypt/x' }, 'UnknownOperationException'],
  ])('refuses %s, and nothing leaves', async (_what, more, type) => {
    const { post, sent, counted } = await start();
    const answer = await post('app', 'Decrypt', decrypt, more);
    expect(answer.body.__type).toBe(type);
    expect(sent).toEqual([]);
    expect(counted).toEqual([expect.stringMatching(new RegExp(`^(unknown|app) unknown ${type}$`))]);
  });

  it('refuses a body of more than 128 KiB', async () => {
    const { post, sent } = await start();
    const answer = await post('app', 'Decrypt', JSON.stringify({ a: 'x'.repeat(131_072) }));
    expect([answer.status, answer.body.__type]).toEqual([413, 'RequestEntityTooLargeException']);
    expect(sent).toEqual([]);
  });

  it('says who may not do what on which key, and not why the configuration is so', async () => {
    const { post } = await start();
    const denied = await post('app', 'Encrypt', { KeyId: OTHER, Plaintext: 'AQ==' });
    expect(denied.body.Message).toBe(
      `User: app is not authorized to perform: kms:Encrypt on resource: ${OTHER} because the configuration of the enclave does not permit it`,
    );
    const bound = await post('app', 'Decrypt', { KeyId: DATA, CiphertextBlob });
    expect(bound.body.Message).toBe(
      `User: app is not authorized to perform: kms:Decrypt on resource: ${DATA} because its encryption context lacks what the configuration of the enclave requires`,
    );
  });
});

describe('what leaves the endpoint', () => {
  it('is what was read: with the ARN for the key id, without nulls, with what passes through', async () => {
    const { post, sent, log } = await start();
    const answer = await post('app', 'Encrypt', {
      KeyId: DATA.slice(-36),
      Plaintext: 'AQ==',
      EncryptionContext: { ...EncryptionContext, ['__proto__']: 'own' },
      EncryptionAlgorithm: null,
      GrantTokens: ['token'],
      DryRun: false,
    });
    expect([answer.status, answer.requestId]).toEqual([200, 'of-kms']);
    expect(sent).toHaveLength(1);
    expect(JSON.stringify(sent[0]?.members)).toBe(
      JSON.stringify({
        KeyId: DATA,
        Plaintext: 'AQ==',
        EncryptionContext: { ...EncryptionContext, ['__proto__']: 'own' },
        GrantTokens: ['token'],
        DryRun: false,
      }),
    );
    expect(log.entries[0]).toMatchObject({
      level: 'info',
      event: 'endpoint call',
      fields: {
        caller: 'app',
        operation: 'Encrypt',
        key: 'data',
        outcome: 'ok',
        requestId: 'of-kms',
      },
    });
  });

  it('has the one key that the caller may decrypt by, where it names none', async () => {
    const { post, sent } = await start();
    const answer = await post('app', 'Decrypt', { CiphertextBlob, EncryptionContext });
    expect(answer.body).toEqual({ KeyId: DATA, Plaintext: 'BQY=' });
    expect(sent[0]?.members).toMatchObject({
      KeyId: DATA,
      Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'AQ==' },
    });
  });
});

describe('a failure', () => {
  it.each<[Error, number, object]>([
    [
      new KmsServiceError('DisabledException', 'the key is disabled', { requestId: 'of-kms' }),
      400,
      { __type: 'DisabledException', message: 'the key is disabled' },
    ],
    [
      new KmsServiceError('InvalidCiphertextException'),
      400,
      { __type: 'InvalidCiphertextException' },
    ],
    [
      new TransportError('TRANSPORT_TIMEOUT', 'no answer'),
      503,
      { __type: 'DependencyTimeoutException', message: 'TRANSPORT_TIMEOUT: no answer' },
    ],
    [
      new TransportError('TLS_REFUSED', 'not KMS'),
      500,
      { __type: 'KMSInternalException', message: 'TLS_REFUSED: not KMS' },
    ],
    [
      new KmsError('KMS_OTHER_KEY', 'another'),
      500,
      { __type: 'KMSInternalException', message: 'KMS_OTHER_KEY: another' },
    ],
    [
      new UnwrapError('UNWRAP_FAILED', 'no'),
      500,
      { __type: 'KMSInternalException', message: 'UNWRAP_FAILED: no' },
    ],
    [new Error('with what nobody should see'), 500, { __type: 'KMSInternalException' }],
  ])('of %s arrives in the form of KMS', async (failure, status, body) => {
    const { post } = await start(failure);
    const answer = await post('app', 'Decrypt', decrypt);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(body);
  });

  it('of KMS comes with the request id of KMS, in the log too', async () => {
    const { post, log } = await start(
      new KmsServiceError('DisabledException', undefined, { requestId: 'of-kms' }),
    );
    expect((await post('app', 'Decrypt', decrypt)).requestId).toBe('of-kms');
    expect(log.entries[0]?.fields).toMatchObject({
      outcome: 'DisabledException',
      requestId: 'of-kms',
    });
  });
});
