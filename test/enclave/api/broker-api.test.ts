import {
  createECDH,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { KMSServiceException } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BROKER_API_ROUTES } from '../../../enclave/api/broker-api.ts';
import { type BrokerApiOptions, startBrokerApi } from '../../../enclave/api/index.ts';
import { SharedSecret } from '../../../enclave/broker/shared-secret.ts';
import { createCallers } from '../../../enclave/callers/index.ts';
import type { EnclaveConfig } from '../../../enclave/config.ts';
import { KmsError, TransportError, UnwrapError } from '../../../shared/errors.ts';
import { deriveKey } from '../../../shared/kdf/index.ts';
import { parseAgreementPublicKey } from '../../../shared/key-agreement/index.ts';
import { Secret } from '../../../shared/secret.ts';
import { type Address, connect } from '../../../shared/vsock/index.ts';
import {
  type ApiAnswer,
  askApi,
  NOT_READY,
  READY,
  scriptedAttester,
  scriptedMetrics,
  signedHeaders,
} from '../../support/api.ts';
import { deferred } from '../../support/deferred.ts';
import {
  callerConfig,
  endpointConfig,
  REGION,
  readCredentials,
} from '../../support/endpoint-scene.ts';
import { findLeaks } from '../../support/leak-search.ts';
import { type LogRecorder, recordLog } from '../../support/log-recorder.ts';
import { readText } from '../../support/streams.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ARN = `arn:aws:kms:${REGION}:111122223333:key/`;
const NOW = Date.UTC(2026, 10, 5, 12, 0, 0);
const PATH = '/v1/derive-key';

const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const spkiOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });

/** The key pair that stands in KMS, and that of a peer outside. */
const inKms = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const request = {
  key: 'agreement',
  publicKey: base64(spkiOf(peer.publicKey)),
  kdf: { kind: 'hkdf', hash: 'SHA-256' },
  fixedInfo: {
    algorithmId: base64(utf8('A256GCM')),
    partyU: base64(utf8('enclave')),
    partyV: base64(utf8('peer')),
  },
  lengthBytes: 32,
};

interface Running {
  readonly address: Address;
  readonly log: LogRecorder;
  readonly counted: readonly string[];
  /** Secrets that the broker gave out. */
  readonly secrets: readonly SharedSecret[];
  readonly config: EnclaveConfig;
  /** Asks as a caller, with a signature. */
  ask(caller: string, body: unknown, path?: string): Promise<ApiAnswer>;
  close(): Promise<void>;
}

async function start(changes: Partial<BrokerApiOptions> = {}): Promise<Running> {
  const directory = temporaryDirectory();
  const agreement = { keySpec: 'ECC_NIST_P256', operations: ['DeriveSharedSecret'] };
  const permit = (key: string, operations = ['DeriveKey']) => ({
    permissions: [{ key, operations }],
  });
  const config = endpointConfig({
    keys: {
      agreement: { ...agreement, arn: `${ARN}00000000-0000-0000-0000-000000000001` },
      another: { ...agreement, arn: `${ARN}00000000-0000-0000-0000-000000000002` },
      bound: {
        ...agreement,
        operations: ['Decrypt', 'DeriveSharedSecret'],
        arn: `${ARN}00000000-0000-0000-0000-000000000003`,
        encryptionContext: { tenant: 'one' },
      },
      data: { operations: ['Decrypt'], arn: `${ARN}00000000-0000-0000-0000-000000000004` },
    },
    callers: [
      callerConfig(directory, 'app', permit('agreement')),
      callerConfig(directory, 'other', permit('another')),
      callerConfig(directory, 'bound', permit('bound', ['Decrypt', 'DeriveKey'])),
      callerConfig(directory, 'decrypts', permit('data', ['Decrypt'])),
      callerConfig(directory, 'raw', permit('agreement', ['DeriveSharedSecret'])),
    ],
  });
  const callers = await createCallers({ config, randomBytes, now: () => NOW });
  const log = recordLog();
  const counted: string[] = [];
  const secrets: SharedSecret[] = [];
  const api = await startBrokerApi({
    listen: { kind: 'unix', path: join(directory, 'b') },
    maxConcurrent: 4,
    keys: config.keys,
    callers,
    broker: {
      async deriveSharedSecret({ publicKey }) {
        const secret = diffieHellman({
          privateKey: inKms.privateKey,
          publicKey: parseAgreementPublicKey(publicKey, 'ECC_NIST_P256'),
        });
        secrets.push(new SharedSecret(new Secret(Uint8Array.from(secret)), 'ECC_NIST_P256'));
        return secrets.at(-1) as SharedSecret;
      },
    },
    attester: scriptedAttester,
    readiness: { report: () => READY },
    metrics: {
      ...scriptedMetrics,
      callerCall: (...call) => counted.push(call.join(' ')),
    },
    logger: log,
    clock: () => NOW,
    closeGraceMs: 2000,
    ...changes,
  });
  onTestFinished(async () => {
    await api.close();
    await callers.close();
  });
  const { address } = api;
  const ask = (caller: string, body: unknown, path = PATH) => {
    const credentials = readCredentials(config, caller);
    const headers = signedHeaders({ path, body, credentials, region: REGION, now: NOW });
    return askApi(address, { path, body, headers });
  };
  return { address, log, counted, secrets, config, ask, close: () => api.close() };
}

const codeOf = ({ status, json }: ApiAnswer) => [status, json?.code];

describe('a key for a caller in the enclave', () => {
  it.each([
    [{ kind: 'hkdf', hash: 'SHA-256' }, 32],
    [{ kind: 'one-step', hash: 'SHA-384' }, 48],
    [{ kind: 'one-step-hmac', hash: 'SHA-512' }, 16],
  ] as const)('is the one that the peer derives: %o', async (kdf, lengthBytes) => {
    const { ask } = await start();
    const answer = await ask('app', { ...request, kdf, lengthBytes });
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const agreed = diffieHellman({ privateKey: peer.privateKey, publicKey: inKms.publicKey });
    const expected = deriveKey({
      secret: new Secret(Uint8Array.from(agreed)),
      kdf,
      fixedInfo: {
        algorithmId: utf8('A256GCM'),
        partyU: utf8('enclave'),
        partyV: utf8('peer'),
      },
      lengthBytes,
    });
    expect(answer.json).toEqual({ derivedKey: expected.reveal(base64) });
  });

  it('is another one with a salt, or with more in its fixed info', async () => {
    const { ask } = await start();
    const bodies = [
      request,
      { ...request, kdf: { ...request.kdf, salt: base64(utf8('salt')) } },
      { ...request, fixedInfo: { ...request.fixedInfo, suppPubInfo: base64(utf8('more')) } },
      { ...request, fixedInfo: { ...request.fixedInfo, partyU: request.fixedInfo.partyV } },
    ];
    const answers = await Promise.all(bodies.map((body) => ask('app', body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ json }) => json?.derivedKey)).size).toBe(4);
  });

  it('is neither in the log nor in the metrics, and its shared secret is overwritten', async () => {
    const { ask, log, counted, secrets } = await start();
    const { json } = await ask('app', request);
    const needles = [{ name: 'key', bytes: Buffer.from(String(json?.derivedKey), 'base64') }];
    const told = JSON.stringify([log.entries, counted]);
    expect(findLeaks([{ name: 'log and metrics', bytes: utf8(told) }], needles)).toEqual([]);
    expect(secrets).toHaveLength(1);
    expect(() => secrets[0]?.revealRawSecret((bytes) => bytes)).toThrow('disposed');
    expect(counted).toEqual(['app DeriveKey ok']);
    expect(log.entries.map(({ event, fields }) => [event, fields])).toEqual([
      ['key derived', { caller: 'app', key: 'agreement' }],
    ]);
  });

  it.each([
    ['another key', 'other', 'agreement', 'CALLER_DENIED'],
    ['a key that there is not', 'app', 'missing', 'CALLER_DENIED'],
    ['a key by a name of Object', 'app', 'constructor', 'CALLER_DENIED'],
    ['a key that is not for agreement', 'decrypts', 'data', 'CALLER_DENIED'],
    ['DeriveSharedSecret alone', 'raw', 'agreement', 'CALLER_DENIED'],
    ['a key whose context no such call has', 'bound', 'bound', 'CALLER_ENCRYPTION_CONTEXT'],
  ])('is refused to whom the configuration permits %s', async (_what, caller, key, code) => {
    const { ask, secrets, counted } = await start();
    expect(codeOf(await ask(caller, { ...request, key }))).toEqual([403, code]);
    expect(secrets).toEqual([]);
    expect(counted).toEqual([`${caller} DeriveKey ${code}`]);
  });
});

describe('a request for a key without a good signature', () => {
  const body = JSON.stringify(request);
  const sign = (config: EnclaveConfig, changes: object = {}) =>
    signedHeaders({
      path: PATH,
      body,
      credentials: readCredentials(config, 'app'),
      region: REGION,
      now: NOW,
      ...changes,
    });
  const stranger = { accessKeyId: 'NKBA0000000000000000', secretAccessKey: 'secret' };

  it.each<[what: string, code: string, headers: (config: EnclaveConfig) => object, sent?: string]>([
    ['none', 'MissingAuthenticationTokenException', () => ({})],
    [
      'one of a stranger',
      'UnrecognizedClientException',
      (config) => sign(config, { credentials: stranger }),
    ],
    [
      'one by another secret',
      'InvalidSignatureException',
      (config) =>
        sign(config, {
          credentials: { ...readCredentials(config, 'app'), secretAccessKey: 'secret' },
        }),
    ],
    [
      'one that is too old',
      'InvalidSignatureException',
      (config) => sign(config, { now: NOW - 301_000 }),
    ],
    ['one for KMS', 'InvalidSignatureException', (config) => sign(config, { service: 'kms' })],
    [
      'one for another region',
      'InvalidSignatureException',
      (config) => sign(config, { region: 'eu-west-1' }),
    ],
    [
      'one for another path',
      'InvalidSignatureException',
      (config) => sign(config, { path: '/v1/attestation' }),
    ],
    ['one for another body', 'InvalidSignatureException', (config) => sign(config), `${body} `],
    ['one and a body that is no JSON', 'InvalidSignatureException', (config) => sign(config), '{'],
  ])('is refused before it is read: %s', async (_what, code, headersFor, sent = body) => {
    const { address, config, secrets, counted } = await start();
    const headers = { ...headersFor(config) };
    const answer = await askApi(address, { path: PATH, body: sent, headers });
    expect(codeOf(answer)).toEqual([401, code]);
    expect(answer.headers['www-authenticate']).toBe('AWS4-HMAC-SHA256');
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(secrets).toEqual([]);
    expect(counted).toEqual([`unknown DeriveKey ${code}`]);
  });
});

describe('a request for a key that makes no sense', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const point = createECDH('prime256v1').generateKeys();
  const offCurve = Buffer.concat([spkiOf(peer.publicKey).subarray(0, -65), point]);
  offCurve[offCurve.length - 1] = (offCurve.at(-1) as number) ^ 1;
  const { kdf, fixedInfo } = request;
  const withFixedInfo = (changes: object) => ({
    ...request,
    fixedInfo: { ...fixedInfo, ...changes },
  });

  it.each<[what: string, code: string, body: unknown]>([
    ['a key on another curve', 'AGREEMENT_KEY_CURVE', { publicKey: base64(spkiOf(p384)) }],
    ['a key of RSA', 'AGREEMENT_KEY_ALGORITHM', { publicKey: base64(spkiOf(rsa)) }],
    ['a point off the curve', 'AGREEMENT_KEY_NOT_ON_CURVE', { publicKey: base64(offCurve) }],
    ['a key that is no SPKI', 'ASN1_SYNTAX', { publicKey: base64(utf8('no key')) }],
    ['a key in base64url', 'BASE64_SYNTAX', { publicKey: '_-_-' }],
    ['an ARN for a name', 'API_BODY', { key: `${ARN}00000000-0000-0000-0000-000000000001` }],
    ['an unknown derivation', 'API_BODY', { kdf: { ...kdf, kind: 'pbkdf2' } }],
    ['an unknown hash', 'API_BODY', { kdf: { ...kdf, hash: 'SHA-1' } }],
    ['a salt that has no place', 'API_BODY', { kdf: { ...kdf, kind: 'one-step', salt: 'AAAA' } }],
    ['a salt over a block', 'KDF_SALT', { kdf: { ...kdf, salt: base64(new Uint8Array(65)) } }],
    ['an empty salt', 'API_BODY', { kdf: { ...kdf, salt: '' } }],
    ['a derivation that is a text', 'API_BODY', { kdf: 'hkdf' }],
    ['15 bytes', 'API_BODY', { lengthBytes: 15 }],
    ['more than HKDF gives', 'KDF_LENGTH', { lengthBytes: 255 * 32 + 1 }],
    ['a length in text', 'API_BODY', { lengthBytes: '32' }],
    ['half a byte', 'API_BODY', { lengthBytes: 32.5 }],
    ['no algorithm', 'API_BODY', withFixedInfo({ algorithmId: undefined })],
    ['an empty party', 'API_BODY', withFixedInfo({ partyU: '' })],
    ['private info, which is the library’s', 'API_BODY', withFixedInfo({ suppPrivInfo: 'AAAA' })],
    ['a Recipient', 'API_BODY', { Recipient: {} }],
  ])('is refused: %s', async (_what, code, changes) => {
    const { ask } = await start();
    const answer = await ask('app', { ...request, ...(changes as object) });
    expect(codeOf(answer)).toEqual([400, code]);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['a member twice', JSON.stringify(request).replace('{', '{"key":"another",')],
  ])('is refused: %s', async (_what, body) => {
    const { ask } = await start();
    expect(codeOf(await ask('app', body))).toEqual([400, 'API_BODY']);
  });

  it('is refused if it is too long', async () => {
    const { ask } = await start();
    const answer = await ask('app', ' '.repeat(40_000));
    expect(codeOf(answer)).toEqual([413, 'API_BODY_TOO_LARGE']);
  });
});

describe('what goes wrong behind the broker API', () => {
  const exception = (name: string, httpStatusCode: number) =>
    new KMSServiceException({
      name,
      $fault: 'client',
      message: 'about arn:aws:kms',
      $metadata: { httpStatusCode },
    });

  it.each<[status: number, code: string, error: unknown]>([
    [502, 'AccessDeniedException', exception('AccessDeniedException', 400)],
    [503, 'ThrottlingException', exception('ThrottlingException', 400)],
    [503, 'KMSInternalException', exception('KMSInternalException', 500)],
    [502, 'KMS_OTHER_KEY', new KmsError('KMS_OTHER_KEY', 'arn:aws:kms')],
    [502, 'UNWRAP_FAILED', new UnwrapError('UNWRAP_FAILED', 'inside')],
    [503, 'TLS_REFUSED', new TransportError('TLS_REFUSED', 'unix:/run')],
    [504, 'TRANSPORT_TIMEOUT', new TransportError('TRANSPORT_TIMEOUT', 'unix:/run')],
    [500, 'INTERNAL', new TypeError('inside')],
  ])('is told as %i %s, and no more', async (status, code, error) => {
    const { ask, counted } = await start({
      broker: {
        deriveSharedSecret: async () => {
          throw error;
        },
      },
    });
    const answer = await ask('app', request);
    expect(answer.json).toEqual({ status, title: expect.any(String), code });
    expect(counted).toEqual([`app DeriveKey ${code}`]);
  });
});

describe('the broker API', () => {
  it('has five paths', async () => {
    expect(BROKER_API_ROUTES.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/derive-key',
      'POST /v1/attestation',
      'GET /healthz',
      'GET /readyz',
      'GET /metrics',
    ]);
    const { address, ask } = await start();
    expect((await ask('app', request)).status).toBe(200);
    const attested = { nonce: 'AAAA', data: '' };
    expect((await askApi(address, { path: '/v1/attestation', body: attested })).status).toBe(200);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await askApi(address, { path })).status).toBe(200);
    }
    expect(codeOf(await askApi(address, { path: '/openapi.json' }))).toEqual([404, 'API_ROUTE']);
  });

  it('has documents say that a program in the enclave gave the data', async () => {
    const purposes: string[] = [];
    const { address } = await start({
      attester: {
        attest(asked) {
          purposes.push(asked.purpose);
          return scriptedAttester.attest(asked);
        },
      },
    });
    const body = { nonce: 'AAAA', data: '' };
    await askApi(address, { path: '/v1/attestation', body });
    const chosen = { ...body, purpose: 'client' };
    expect(codeOf(await askApi(address, { path: '/v1/attestation', body: chosen }))).toEqual([
      400,
      'API_BODY',
    ]);
    expect(purposes).toEqual(['enclave']);
  });

  it('says what does not hold, in words', async () => {
    const { address } = await start({ readiness: { report: () => NOT_READY } });
    const answer = await askApi(address, { path: '/readyz' });
    expect([answer.status, answer.json]).toEqual([503, NOT_READY]);
  });

  it.each(['https://page.test', 'null', 'http://localhost'])(
    'refuses what a web page of %s could have sent',
    async (origin) => {
      const { address } = await start();
      for (const { method, url } of BROKER_API_ROUTES) {
        const answer = await askApi(address, { method, path: url, headers: { origin } });
        expect(codeOf(answer)).toEqual([403, 'TRANSPORT_FOREIGN_REQUEST']);
      }
    },
  );

  it('dates its answers by the clock that it checks signatures by', async () => {
    const { ask, address } = await start();
    const answers = [
      await ask('app', request),
      await ask('app', { ...request, key: 'another' }),
      await askApi(address, { path: '/healthz' }),
      await askApi(address, { path: '/%zz' }),
    ];
    expect(answers.map(({ status, headers }) => [status, headers.date])).toEqual(
      [200, 403, 200, 404].map((status) => [status, new Date(NOW).toUTCString()]),
    );
  });

  it('is there for callers whoever else connects and does nothing', async () => {
    const released = deferred<void>();
    const asked = deferred<void>();
    const { ask, address } = await start({
      broker: {
        async deriveSharedSecret() {
          asked.resolve();
          await released.promise;
          throw new TransportError('TRANSPORT_TIMEOUT', 'late');
        },
      },
    });
    const underWay = ask('app', request);
    await asked.promise;
    const idle = await Promise.all(
      Array.from({ length: 100 }, () => connect(address, { timeoutMs: 5000 })),
    );
    onTestFinished(() => {
      for (const socket of idle) socket.destroy();
    });
    for (const socket of idle) socket.on('error', () => undefined);
    expect((await askApi(address, { path: '/healthz' })).status).toBe(200);
    released.resolve();
    expect(codeOf(await underWay)).toEqual([504, 'TRANSPORT_TIMEOUT']);
  });

  it('derives only so many keys at once, and stays healthy', async () => {
    const released = deferred<void>();
    let under = 0;
    const full = deferred<void>();
    const { ask, address } = await start({
      broker: {
        async deriveSharedSecret() {
          under += 1;
          if (under === 4) full.resolve();
          await released.promise;
          throw new TransportError('TRANSPORT_TIMEOUT', 'late');
        },
      },
    });
    const asked = [1, 2, 3, 4].map(() => ask('app', request));
    await full.promise;
    expect(codeOf(await ask('app', request))).toEqual([503, 'TRANSPORT_LIMIT']);
    expect((await askApi(address, { path: '/healthz' })).status).toBe(200);
    released.resolve();
    for (const answer of await Promise.all(asked)) expect(answer.status).toBe(504);
    expect(codeOf(await ask('app', request))).toEqual([504, 'TRANSPORT_TIMEOUT']);
  });

  it('answers what is under way when it closes, and nothing after', async () => {
    const asked = deferred<void>();
    const released = deferred<void>();
    const { address, close } = await start({
      attester: {
        async attest(one) {
          asked.resolve();
          await released.promise;
          return scriptedAttester.attest(one);
        },
      },
    });
    const answer = askApi(address, { path: '/v1/attestation', body: { nonce: 'AAAA', data: '' } });
    await asked.promise;
    const late = await connect(address, { timeoutMs: 5000 });
    late.write('GET /healthz HTTP/1.1\r\n');
    await askApi(address, { path: '/healthz' });
    const closed = close();
    late.end('Host: a\r\n\r\n');
    const refused = await readText(late);
    expect(refused).toMatch(/^HTTP\/1\.1 503 .*\r\ncontent-type: application\/problem\+json\r\n/s);
    expect(refused).toContain('"READY_CLOSING"');
    released.resolve();
    await closed;
    expect((await answer).status).toBe(200);
    await expect(askApi(address, { path: '/healthz' })).rejects.toThrow();
  });

  it('can be reached by every user of the enclave over its socket', async () => {
    const { address } = await start();
    // To connect takes the permission to write. Node 24 sets no others.
    expect(address.kind === 'unix' && statSync(address.path).mode & 0o666).toBe(0o666);
  });

  it('is not to be had on a vsock', async () => {
    await expect(start({ listen: { kind: 'vsock', cid: 3, port: 1 } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
