import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Callers, createCallers, type SignedRequest } from '../../../enclave/callers/index.ts';
import type { EnclaveConfig } from '../../../enclave/config.ts';
import { KmsServiceError, signRequest } from '../../../shared/kms/index.ts';
import { callerConfig, endpointConfig, readCredentials } from '../../support/endpoint-scene.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const NOW = Date.UTC(2026, 10, 5, 12, 0, 0);
const MINUTES = 60_000;
const isRoot = process.getuid?.() === 0;

function configure(directory: string, parts: object = {}): EnclaveConfig {
  return endpointConfig({
    callers: [callerConfig(directory, 'app', parts), callerConfig(directory, 'other', {})],
  });
}

function create(config: EnclaveConfig, now = NOW): Promise<Callers> {
  return createCallers({ config, randomBytes, now: () => now });
}

describe('the credentials files of callers', () => {
  it('are in the form of AWS, for their user alone, and different from each other', async () => {
    const config = configure(temporaryDirectory());
    await create(config);
    const [app, other] = config.callers.map(({ credentialsFile }) => credentialsFile);
    expect(readFileSync(app ?? '', 'utf8')).toMatch(
      /^\[default\]\naws_access_key_id = NKBA[0-9A-F]{16}\naws_secret_access_key = [A-Za-z0-9+/]{40}\n$/,
    );
    expect(readFileSync(app ?? '', 'utf8')).not.toBe(readFileSync(other ?? '', 'utf8'));
    const { mode, uid } = statSync(app ?? '');
    expect([mode & 0o777, uid]).toEqual([0o600, process.getuid?.()]);
  });

  it.runIf(isRoot)('belong to the user of the caller', async () => {
    const config = configure(temporaryDirectory(), { uid: 4321 });
    await create(config);
    expect(statSync(config.callers[0]?.credentialsFile ?? '').uid).toBe(4321);
  });

  it.skipIf(isRoot)('cannot be given to another user by anyone but root', async () => {
    const directory = temporaryDirectory();
    const config = configure(directory, { uid: (process.getuid?.() ?? 0) + 1 });
    await expect(create(config)).rejects.toMatchObject({ code: 'CALLER_FILE_OWNER' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('replace what stands there, and a link itself rather than what it points to', async () => {
    const directory = temporaryDirectory();
    const config = configure(directory);
    const [app = '', other = ''] = config.callers.map(({ credentialsFile }) => credentialsFile);
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'as it was', { mode: 0o644 });
    writeFileSync(other, 'of an earlier run', { mode: 0o644 });
    symlinkSync(elsewhere, app);
    await create(config);
    expect(lstatSync(app).isFile()).toBe(true);
    expect(readFileSync(elsewhere, 'utf8')).toBe('as it was');
    expect(statSync(other).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it('are removed when one cannot be written', async () => {
    const directory = temporaryDirectory();
    const config = endpointConfig({
      callers: [
        callerConfig(directory, 'app', {}),
        callerConfig(join(directory, 'nowhere'), 'other', {}),
      ],
    });
    await expect(create(config)).rejects.toMatchObject({ code: 'CALLER_FILE' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are removed in the end, and their access keys with them', async () => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    const request = signed(config, 'app');
    await callers.close();
    expect(existsSync(config.callers[0]?.credentialsFile ?? '')).toBe(false);
    expect(refusalOf(callers, request)).toBe('UnrecognizedClientException');
  });
});

describe('authentication of callers', () => {
  it('tells who signed', async () => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    expect(callers.authenticate(signed(config, 'app')).name).toBe('app');
    expect(callers.authenticate(signed(config, 'other')).name).toBe('other');
  });

  it('takes identical requests, as SDKs make of identical calls within a second', async () => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    const request = signed(config, 'app');
    for (let i = 0; i < 3; i++) expect(callers.authenticate(request).name).toBe('app');
  });

  it.each([-5 * MINUTES, 5 * MINUTES])('takes a request that is %i ms off', async (offset) => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    expect(callers.authenticate(signed(config, 'app', { now: NOW + offset })).name).toBe('app');
  });

  it.each<[string, string, (config: EnclaveConfig) => SignedRequest]>([
    [
      'signed more than five minutes ago',
      'InvalidSignatureException',
      (config) => signed(config, 'app', { now: NOW - 5 * MINUTES - 1000 }),
    ],
    [
      'signed for more than five minutes from now',
      'InvalidSignatureException',
      (config) => signed(config, 'app', { now: NOW + 5 * MINUTES + 1000 }),
    ],
    [
      'for another region',
      'InvalidSignatureException',
      (config) => signed(config, 'app', { region: 'eu-west-1' }),
    ],
    [
      'for another service',
      'InvalidSignatureException',
      (config) => signed(config, 'app', { signedFor: 'nitro-key-broker' }),
    ],
    [
      'with another body',
      'InvalidSignatureException',
      (config) => ({ ...signed(config, 'app'), body: Buffer.from('{"KeyId":"b"}') }),
    ],
    [
      'with another operation',
      'InvalidSignatureException',
      (config) => {
        const request = signed(config, 'app');
        const rawHeaders = request.rawHeaders.map((text) => text.replace('.Decrypt', '.Encrypt'));
        return { ...request, rawHeaders };
      },
    ],
    [
      'with another path',
      'InvalidSignatureException',
      (config) => ({ ...signed(config, 'app'), url: '/v1' }),
    ],
    [
      'with the secret of another caller',
      'InvalidSignatureException',
      (config) =>
        signed(config, 'app', {
          credentials: {
            accessKeyId: readCredentials(config, 'app').accessKeyId,
            secretAccessKey: readCredentials(config, 'other').secretAccessKey,
          },
        }),
    ],
    [
      'with an unknown access key',
      'UnrecognizedClientException',
      (config) =>
        signed(config, 'app', { credentials: { accessKeyId: 'NKBA0', secretAccessKey: 'x' } }),
    ],
    [
      'with a session token',
      'UnrecognizedClientException',
      (config) =>
        signed(config, 'app', {
          credentials: { ...readCredentials(config, 'app'), sessionToken: 'token' },
        }),
    ],
    [
      'without a signature',
      'MissingAuthenticationTokenException',
      (config) => ({ ...signed(config, 'app'), rawHeaders: ['host', 'localhost'] }),
    ],
    [
      'with half a signature',
      'IncompleteSignatureException',
      (config) => ({
        ...signed(config, 'app'),
        rawHeaders: ['host', 'localhost', 'authorization', 'AWS4-HMAC-SHA256 Credential=a'],
      }),
    ],
  ])('refuses a request %s', async (_what, type, make) => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    expect(refusalOf(callers, make(config))).toBe(type);
  });

  it('refuses a signature of which one character is another', async () => {
    const config = configure(temporaryDirectory());
    const callers = await create(config);
    const request = signed(config, 'app');
    const at = request.rawHeaders.findIndex((text) => text.startsWith('AWS4'));
    const authorization = request.rawHeaders[at] ?? '';
    for (let i = authorization.length - 64; i < authorization.length; i++) {
      const other = authorization[i] === '0' ? '1' : '0';
      const altered = `${authorization.slice(0, i)}${other}${authorization.slice(i + 1)}`;
      const rawHeaders = request.rawHeaders.with(at, altered);
      expect(refusalOf(callers, { ...request, rawHeaders })).toBe('InvalidSignatureException');
    }
  });

  it('refuses the access keys of an earlier start', async () => {
    const config = configure(temporaryDirectory());
    await create(config);
    const request = signed(config, 'app');
    const callers = await create(config);
    expect(refusalOf(callers, request)).toBe('UnrecognizedClientException');
  });
});

function refusalOf(callers: Callers, request: SignedRequest): string {
  try {
    callers.authenticate(request);
    return 'none';
  } catch (error) {
    if (error instanceof KmsServiceError) return error.type;
    throw error;
  }
}

/** A request for the endpoint, signed by a caller. */
function signed(
  config: EnclaveConfig,
  name: string,
  {
    credentials = readCredentials(config, name),
    now = NOW,
    region = 'us-east-1',
    signedFor = 'kms',
  }: {
    readonly credentials?: {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
    };
    readonly now?: number;
    readonly region?: string;
    readonly signedFor?: string;
  } = {},
): SignedRequest {
  const headers: [string, string][] = [
    ['host', 'localhost'],
    ['x-amz-target', 'TrentService.Decrypt'],
  ];
  const body = Buffer.from('{"KeyId":"a"}');
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers,
    body,
    credentials,
    region,
    service: signedFor,
    now,
  });
  const rawHeaders = [...headers, ...Object.entries(signature)].flat();
  return { service: 'kms', method: 'POST', url: '/', rawHeaders, body };
}
