import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCredentials } from '../../../parent/credentials/document.ts';
import { createFileSource } from '../../../parent/credentials/file.ts';
import { createImdsSource } from '../../../parent/credentials/imds.ts';
import type { CredentialsSource } from '../../../parent/credentials/source.ts';
import { BrokerError } from '../../../shared/errors.ts';
import { startFakeImds } from '../../support/fake-imds.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const credentials = {
  AccessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  SecretAccessKey: 'TESTONLY/secret+access/key',
  Token: 'TESTONLYtoken==',
  Expiration: '2026-03-01T18:00:00Z',
};

const read = async (source: CredentialsSource): Promise<unknown> =>
  JSON.parse(await source.lend((document) => Buffer.from(document).toString('utf8')));

describe('a credential document', () => {
  it('keeps the members that the enclave needs and drops the rest', () => {
    const text = JSON.stringify({ Code: 'Success', Type: 'AWS-HMAC', ...credentials });
    const { document, expiration } = parseCredentials(text);
    expect(JSON.parse(document.reveal((bytes) => Buffer.from(bytes).toString()))).toEqual(
      credentials,
    );
    expect(expiration).toBe(Date.parse(credentials.Expiration));
  });

  it('prints none of its secrets', () => {
    const parsed = parseCredentials(JSON.stringify(credentials));
    const printed = inspect(parsed) + JSON.stringify(parsed);
    expect(printed).not.toContain('TESTONLY');
  });

  it.each([
    ['not JSON', 'TESTONLY not JSON'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an error of the service', JSON.stringify({ ...credentials, Code: 'AssumeRoleUnauthorized' })],
    ['without an access key id', JSON.stringify({ ...credentials, AccessKeyId: undefined })],
    ['with an empty secret', JSON.stringify({ ...credentials, SecretAccessKey: '' })],
    ['with a secret that is a number', JSON.stringify({ ...credentials, SecretAccessKey: 1 })],
    [
      'with an access key id of other characters',
      JSON.stringify({ ...credentials, AccessKeyId: 'a b' }),
    ],
    ['with an expiration that is no time', JSON.stringify({ ...credentials, Expiration: 'soon' })],
    ['with too long a token', JSON.stringify({ ...credentials, Token: 'x'.repeat(16_385) })],
  ])('is refused when it is %s, without a word of it', (_what, text) => {
    const error = refusalOf(text);
    expect(error).toMatchObject({ code: 'CREDENTIALS_FORMAT' });
    expect(JSON.stringify(error)).not.toContain('TESTONLY');
  });

  it('is read or refused with a code, whatever one changed byte makes of it', () => {
    const text = JSON.stringify(credentials);
    for (let at = 0; at < text.length; at += 1) {
      for (const byte of ['\0', '"', '{', '\\', '9']) {
        refusalOf(text.slice(0, at) + byte + text.slice(at + 1));
      }
    }
    fc.assert(
      fc.property(fc.json(), (json) => {
        refusalOf(json);
      }),
    );
  });
});

describe('credentials in a file', () => {
  function fileWith(content: string, mode = 0o600): string {
    const path = join(temporaryDirectory(), 'credentials.json');
    writeFileSync(path, content, { mode });
    return path;
  }

  it('are read anew each time', async () => {
    const path = fileWith(JSON.stringify(credentials));
    const source = createFileSource({ path, now: () => noon });
    expect(await read(source)).toEqual(credentials);
    const next = { AccessKeyId: 'local', SecretAccessKey: 'local' };
    writeFileSync(path, JSON.stringify(next));
    expect(await read(source)).toEqual(next);
  });

  it.each([
    ['is not there', () => join(temporaryDirectory(), 'none'), 'CREDENTIALS_UNREADABLE'],
    ['is a directory', () => privateDirectory(), 'CREDENTIALS_UNREADABLE'],
    [
      'others may read',
      () => fileWith(JSON.stringify(credentials), 0o644),
      'CREDENTIALS_FILE_MODE',
    ],
    [
      'its group may read',
      () => fileWith(JSON.stringify(credentials), 0o640),
      'CREDENTIALS_FILE_MODE',
    ],
    ['is too large', () => fileWith('x'.repeat(65_537)), 'CREDENTIALS_FORMAT'],
    ['is not JSON', () => fileWith('{'), 'CREDENTIALS_FORMAT'],
    [
      'is expired',
      () => fileWith(JSON.stringify({ ...credentials, Expiration: '2026-03-01T12:00:00Z' })),
      'CREDENTIALS_EXPIRED',
    ],
  ])('are refused when the file %s', async (_what, makePath, code) => {
    const source = createFileSource({ path: makePath(), now: () => noon });
    await expect(read(source)).rejects.toMatchObject({ code });
  });

  function privateDirectory(): string {
    const path = join(temporaryDirectory(), 'directory');
    mkdirSync(path, { mode: 0o700 });
    return path;
  }
});

describe('credentials of the instance role', () => {
  const answer = { Code: 'Success', Type: 'AWS-HMAC', LastUpdated: 'x', ...credentials };

  it('are fetched with a session token, and kept until five minutes before they expire', async () => {
    const imds = await startFakeImds(answer);
    let now = noon;
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 5000, now: () => now });
    expect(await read(source)).toEqual(credentials);
    expect(imds.requests).toEqual([
      'PUT /latest/api/token',
      'GET /latest/meta-data/iam/security-credentials/',
      'GET /latest/meta-data/iam/security-credentials/enclave-parent+role@example',
    ]);

    now = Date.parse(credentials.Expiration) - 5 * minute - 1;
    await read(source);
    expect(imds.requests).toHaveLength(3);

    now += 1;
    const renewed = { ...credentials, Expiration: '2026-03-02T00:00:00Z' };
    imds.credentials = { ...answer, ...renewed };
    expect(await read(source)).toEqual(renewed);
    expect(imds.requests).toHaveLength(6);
  });

  it('are fetched once for callers that come together', async () => {
    const imds = await startFakeImds(answer);
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 5000, now: () => noon });
    await Promise.all([read(source), read(source), read(source)]);
    expect(imds.requests).toHaveLength(3);
  });

  it('are fetched anew after a failure', async () => {
    const imds = await startFakeImds(answer);
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 5000, now: () => noon });
    imds.override = (_request, response) => {
      response.writeHead(500).end();
      return true;
    };
    await expect(read(source)).rejects.toMatchObject({ code: 'IMDS_STATUS' });
    imds.override = () => false;
    expect(await read(source)).toEqual(credentials);
  });

  it.each<[string, string, string, string]>([
    ['a token that could not be a header', '/token', 'bad\r\nheader: x', 'IMDS_FORMAT'],
    ['no token', '/token', '', 'IMDS_FORMAT'],
    ['too long a token', '/token', 'x'.repeat(1025), 'IMDS_TOO_LARGE'],
    ['a role that leads elsewhere', '/security-credentials/', '../../user-data', 'IMDS_FORMAT'],
    ['a role that is the parent directory', '/security-credentials/', '..', 'IMDS_FORMAT'],
    ['two roles', '/security-credentials/', 'one\ntwo', 'IMDS_FORMAT'],
    ['no role', '/security-credentials/', '', 'IMDS_FORMAT'],
    ['credentials without end', '@example', `"${'x'.repeat(33_000)}"`, 'IMDS_TOO_LARGE'],
    ['credentials that are not JSON', '@example', '<html>', 'IMDS_FORMAT'],
    [
      'credentials that do not expire',
      '@example',
      JSON.stringify({ ...answer, Expiration: undefined }),
      'IMDS_FORMAT',
    ],
    [
      'credentials that have expired',
      '@example',
      JSON.stringify({ ...answer, Expiration: '2026-03-01T11:59:59Z' }),
      'CREDENTIALS_EXPIRED',
    ],
  ])('are refused when the service answers %s', async (_what, suffix, body, code) => {
    const imds = await startFakeImds(answer);
    imds.override = (request, response) => {
      if (request.url?.endsWith(suffix) !== true) return false;
      response.end(body);
      return true;
    };
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 5000, now: () => noon });
    await expect(read(source)).rejects.toMatchObject({ code });
  });

  it('are refused when the instance has no role', async () => {
    const imds = await startFakeImds(answer);
    imds.override = (request, response) => {
      if (request.method === 'PUT') return false;
      response.writeHead(404).end();
      return true;
    };
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 5000, now: () => noon });
    await expect(read(source)).rejects.toMatchObject({
      code: 'IMDS_STATUS',
      details: { status: 404 },
    });
  });

  it('are refused in time when the service does not answer, or stops half way', async () => {
    const imds = await startFakeImds(answer);
    const source = createImdsSource({ endpoint: imds.endpoint, timeoutMs: 50, now: () => noon });
    imds.override = () => true;
    await expect(read(source)).rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    imds.override = (_request, response) => {
      response.write('half');
      return true;
    };
    await expect(read(source)).rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
  });

  it('are refused when nobody answers there', async () => {
    const source = createImdsSource({
      endpoint: 'http://127.0.0.1:1',
      timeoutMs: 5000,
      now: () => noon,
    });
    await expect(read(source)).rejects.toMatchObject({ code: 'TRANSPORT_REFUSED' });
  });
});

function refusalOf(text: string): unknown {
  try {
    parseCredentials(text).document.dispose();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(BrokerError);
    return error;
  }
}
