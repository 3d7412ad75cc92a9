import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckSignatureOptions,
  checkSignature,
  KmsServiceError,
  signRequest,
} from '../../../../shared/kms/index.ts';
import {
  canonicalRequest,
  type Header,
  sha256Hex,
} from '../../../../shared/kms/sigv4/canonical.ts';
import { signatureOf } from '../../../../shared/kms/sigv4/signature.ts';

const now = Date.parse('2026-02-03T04:05:06Z');
const body = new TextEncoder().encode('{"NumberOfBytes":32}');
const permanent = { secretAccessKey: 'permanent secret' };
const temporary = { secretAccessKey: 'temporary secret', sessionToken: 'token' };
const keys = new Map([
  ['AKIDEXAMPLE', permanent],
  ['ASIAEXAMPLE', temporary],
  ['ASIANOTOKEN', permanent],
]);

const sent: readonly Header[] = [
  ['Host', 'kms.us-east-1.amazonaws.com'],
  ['Content-Type', 'application/x-amz-json-1.1'],
  ['X-Amz-Target', 'TrentService.GenerateRandom'],
];

interface Request {
  readonly headers?: readonly Header[];
  readonly accessKeyId?: string;
  readonly credentials?: { readonly secretAccessKey: string; readonly sessionToken?: string };
  readonly region?: string;
  readonly service?: string;
  readonly now?: number;
  readonly body?: Uint8Array;
}

function signed(request: Request = {}): readonly Header[] {
  const headers = request.headers ?? sent;
  return [
    ...headers,
    ...Object.entries(
      signRequest({
        method: 'POST',
        path: '/',
        query: '',
        headers,
        body: request.body ?? body,
        credentials: {
          accessKeyId: request.accessKeyId ?? 'AKIDEXAMPLE',
          ...(request.credentials ?? permanent),
        },
        region: request.region ?? 'us-east-1',
        service: request.service ?? 'kms',
        now: request.now ?? now,
      }),
    ),
  ];
}

function check(headers: readonly Header[], options: Partial<CheckSignatureOptions> = {}) {
  return checkSignature({
    method: 'POST',
    url: '/',
    rawHeaders: headers.flat(),
    body,
    region: 'any',
    service: 'kms',
    now,
    skewSeconds: 300,
    credentialsOf: (id) => keys.get(id),
    ...options,
  });
}

/** The headers with the value of one rewritten. */
function rewrite(name: string, change: (value: string) => string): readonly Header[] {
  return signed().map(([n, value]) => [n, n === name ? change(value) : value]);
}

function replace(from: string | RegExp, to: string): readonly Header[] {
  return rewrite('authorization', (value) => value.replace(from, to));
}

function without(name: string): readonly Header[] {
  return signed().filter(([n]) => n !== name);
}

function refusalOf(attempt: () => unknown): KmsServiceError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof KmsServiceError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('accepts', () => {
  it('a signed request, and says whose it is', () => {
    expect(check(signed())).toEqual({ accessKeyId: 'AKIDEXAMPLE', region: 'us-east-1' });
  });

  it('temporary credentials with their session token', () => {
    const headers = signed({ accessKeyId: 'ASIAEXAMPLE', credentials: temporary });
    expect(check(headers)).toMatchObject({ accessKeyId: 'ASIAEXAMPLE' });
  });

  it('the region that it was told to expect', () => {
    expect(check(signed(), { region: 'us-east-1' })).toMatchObject({ region: 'us-east-1' });
  });

  it.each([-300, 300])('a clock that is %i seconds off', (seconds) => {
    expect(check(signed({ now: now + seconds * 1000 }))).toBeDefined();
  });

  it('a body hash in x-amz-content-sha256', () => {
    const headers: Header[] = [...sent, ['X-Amz-Content-Sha256', sha256Hex(body)]];
    expect(check(signed({ headers }))).toBeDefined();
  });

  it('a content type that is not signed, as the AWS SDK for PHP sends it', () => {
    const headers = sent.filter(([name]) => name !== 'Content-Type');
    expect(check([...signed({ headers }), ['Content-Type', 'text/plain']])).toBeDefined();
  });

  it('other signing keys of the same credentials, one after the other', () => {
    for (const region of ['us-east-1', 'eu-west-1', 'us-east-1']) {
      expect(check(signed({ region }))).toMatchObject({ region });
    }
  });
});

const MISSING = 'MissingAuthenticationTokenException';
const INCOMPLETE = 'IncompleteSignatureException';
const UNRECOGNIZED = 'UnrecognizedClientException';
const INVALID = 'InvalidSignatureException';

const day = 86_400_000;

const refusals: readonly [what: string, type: string, headers: () => readonly Header[]][] = [
  ['no Authorization', MISSING, () => without('authorization')],
  ['two Authorization headers', INCOMPLETE, () => [...signed(), ['Authorization', 'x']]],
  ['an empty Authorization', INCOMPLETE, () => rewrite('authorization', () => '')],
  ['another scheme', INCOMPLETE, () => replace('AWS4-HMAC-SHA256', 'Bearer')],
  ['SigV4a', INCOMPLETE, () => replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')],
  ['no Credential', INCOMPLETE, () => replace(/Credential=[^,]*, /, '')],
  ['no SignedHeaders', INCOMPLETE, () => replace(/SignedHeaders=[^,]*, /, '')],
  ['no Signature', INCOMPLETE, () => replace(/, Signature=.*/, '')],
  ['an empty Signature', INCOMPLETE, () => replace(/Signature=.*/, 'Signature=')],
  ['a parameter twice', INCOMPLETE, () => replace(/$/, ', Signature=00')],
  ['an unknown parameter', INCOMPLETE, () => replace(/$/, ', Extra=1')],
  ['a credential of four parts', INCOMPLETE, () => replace('/us-east-1', '')],
  ['a credential of six parts', INCOMPLETE, () => replace('/us-east-1', '/us/east-1')],
  ['an empty access key id', INCOMPLETE, () => replace('AKIDEXAMPLE', '')],
  ['no date', INCOMPLETE, () => without('x-amz-date')],
  ['a date of another form', INCOMPLETE, () => rewrite('x-amz-date', () => '2026-02-03T04:05:06Z')],
  ['an impossible day', INCOMPLETE, () => rewrite('x-amz-date', () => '20260230T040506Z')],
  ['two dates', INCOMPLETE, () => [...signed(), ['X-Amz-Date', '20260203T040506Z']]],
  ['two hosts', INCOMPLETE, () => signed({ headers: [...sent, ['host', 'b']] })],
  [
    'two targets',
    INCOMPLETE,
    () => signed({ headers: [...sent, ['x-amz-target', 'TrentService.Decrypt']] }),
  ],
  ['unsorted signed headers', INCOMPLETE, () => replace('content-type;host', 'host;content-type')],
  ['a signed header twice', INCOMPLETE, () => replace('host;', 'host;host;')],
  ['signed headers in upper case', INCOMPLETE, () => replace('host;', 'Host;')],
  ['129 headers', INCOMPLETE, () => [...signed(), ...Array<Header>(129).fill(['a', 'b'])]],
  ['32 KiB of headers', INCOMPLETE, () => [...signed(), ['a', 'b'.repeat(32_768)]]],
  ['an unknown access key', UNRECOGNIZED, () => signed({ accessKeyId: 'AKIDOTHER' })],
  [
    'temporary credentials without their token',
    UNRECOGNIZED,
    () =>
      signed({
        accessKeyId: 'ASIAEXAMPLE',
        credentials: { secretAccessKey: temporary.secretAccessKey },
      }),
  ],
  [
    'another session token',
    UNRECOGNIZED,
    () =>
      signed({
        accessKeyId: 'ASIAEXAMPLE',
        credentials: { ...temporary, sessionToken: 'other' },
      }),
  ],
  [
    'a session token with permanent credentials',
    UNRECOGNIZED,
    () => signed({ credentials: { ...permanent, sessionToken: 'token' } }),
  ],
  [
    'an ASIA key that has no token at all',
    UNRECOGNIZED,
    () => signed({ accessKeyId: 'ASIANOTOKEN' }),
  ],
  ['another terminator', INVALID, () => replace('aws4_request', 'aws5_request')],
  ['another service', INVALID, () => signed({ service: 's3' })],
  ['a region of no form', INVALID, () => signed({ region: 'US EAST' })],
  ['a date of another day', INVALID, () => replace('20260203', '20260202')],
  ['a time too old', INVALID, () => signed({ now: now - 301_000 })],
  ['a time too young', INVALID, () => signed({ now: now + 301_000 })],
  ['the same time a day before', INVALID, () => signed({ now: now - day })],
  ['an unsigned host', INVALID, () => replace('host;', '')],
  ['an unsigned date', INVALID, () => replace('x-amz-date;', '')],
  ['an unsigned target', INVALID, () => replace(';x-amz-target', '')],
  ['an x-amz header added', INVALID, () => [...signed(), ['X-Amz-Other', '1']]],
  [
    'an unsigned session token',
    INVALID,
    () =>
      signed({ accessKeyId: 'ASIAEXAMPLE', credentials: temporary }).map(([name, value]) => [
        name,
        name === 'authorization' ? value.replace('x-amz-security-token;', '') : value,
      ]),
  ],
  ['a signed header that is not there', INVALID, () => replace('host;', 'host;origin;')],
  ['no host', INVALID, () => signed({ headers: sent.slice(1) })],
  ['another target', INVALID, () => rewrite('X-Amz-Target', () => 'TrentService.Decrypt')],
  ['another secret', INVALID, () => signed({ credentials: { secretAccessKey: 'another secret' } })],
  ['a short signature', INVALID, () => replace(/.$/, '')],
  ['a signature in upper case', INVALID, () => rewrite('authorization', upperSignature)],
  ['another body', INVALID, () => signed({ body: new Uint8Array(1) })],
  [
    'the hash of another body',
    INVALID,
    () => signed({ headers: [...sent, ['x-amz-content-sha256', sha256Hex('')]] }),
  ],
  [
    'an unsigned payload',
    INVALID,
    () => signed({ headers: [...sent, ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD']] }),
  ],
];

function upperSignature(value: string): string {
  const at = value.indexOf('Signature=') + 'Signature='.length;
  return value.slice(0, at) + value.slice(at).toUpperCase();
}

describe('refuses', () => {
  it.each(refusals)('%s with %s', (_what, type, headers) => {
    expect(refusalOf(() => check(headers())).type).toBe(type);
  });

  it('a region that is not the one expected', () => {
    expect(refusalOf(() => check(signed(), { region: 'eu-west-1' })).type).toBe(INVALID);
  });

  it('a request with any one byte of its signed headers or signature changed', () => {
    const headers = signed();
    for (const [index, [name, value]] of headers.entries()) {
      for (let at = 0; at < value.length; at++) {
        const changed = `${value.slice(0, at)}~${value.slice(at + 1)}`;
        const attempt = headers.map(
          (header, i): Header => (i === index ? [name, changed] : header),
        );
        refusalOf(() => check(attempt));
      }
    }
  });

  it('any Authorization with an error of the service, and does not repeat it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 24 }), (text) => {
        const headers: Header[] = [...without('authorization'), ['authorization', text]];
        expect(refusalOf(() => check(headers)).message).not.toContain(text);
      }),
    );
  });
});

describe('says, in the words of the service', () => {
  it.each<[string, () => readonly Header[]]>([
    ['SignedHeaders names a header that is not present.', () => replace('host;', 'host;origin;')],
    [
      'Signature expired: 20260203T035506Z is now earlier than 20260203T040006Z (20260203T040506Z - 5 min.)',
      () => signed({ now: now - 600_000 }),
    ],
    [
      'Signature not yet current: 20260203T041506Z is still later than 20260203T041006Z (20260203T040506Z + 5 min.)',
      () => signed({ now: now + 600_000 }),
    ],
    [
      "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
      () => replace(';x-amz-target', ''),
    ],
  ])('%s', (message, headers) => {
    expect(refusalOf(() => check(headers())).wireMessage).toBe(message);
  });
});

describe('a Date header in place of X-Amz-Date', () => {
  const date: Header = ['Date', 'Tue, 03 Feb 2026 04:05:06 GMT'];

  it('is accepted, if it is signed', () => {
    const headers: readonly Header[] = [['Host', 'kms.us-east-1.amazonaws.com'], date];
    const signature = signatureOf(permanent, {
      amzDate: '20260203T040506Z',
      scope: { date: '20260203', region: 'us-east-1', service: 'kms' },
      canonicalRequest: canonicalRequest({
        method: 'POST',
        path: '/',
        query: '',
        headers,
        signedHeaders: ['date', 'host'],
        bodyHash: sha256Hex(body),
      }),
    });
    const credential = 'AKIDEXAMPLE/20260203/us-east-1/kms/aws4_request';
    const authorization = (names: string) =>
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
    expect(check([...headers, ['Authorization', authorization('date;host')]])).toBeDefined();
    expect(
      refusalOf(() => check([...headers, ['Authorization', authorization('host')]])).wireMessage,
    ).toBe("'date' must be a 'SignedHeader' in the AWS Authorization.");
  });

  it.each(['yesterday', 'Tue, 31 Feb 2026 04:05:06 GMT', 'Mon, 03 Feb 2026 04:05:06 GMT'])(
    'is refused as %j',
    (text) => {
      const headers: Header[] = [...without('x-amz-date'), ['Date', text]];
      expect(refusalOf(() => check(headers)).type).toBe(INCOMPLETE);
    },
  );
});
