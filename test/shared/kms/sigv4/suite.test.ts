import { describe, expect, it } from 'vitest';
import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodePath,
  sha256Hex,
} from '../../../../shared/kms/sigv4/canonical.ts';
import { checkSignature } from '../../../../shared/kms/sigv4/check.ts';
import { signRequest } from '../../../../shared/kms/sigv4/sign.ts';
import { signatureOf, stringToSign } from '../../../../shared/kms/sigv4/signature.ts';
import { parseSuiteRequest, readSuite, type SuiteCase } from '../../../support/sigv4-suite.ts';
import { vectorsPath } from '../../../support/vectors.ts';

const path = vectorsPath('standards', 'aws_sigv4_suite.json');
const cases = path === undefined ? [] : readSuite(path);
const normalized = cases.filter(({ context }) => context.normalize);
const added = new Set(['x-amz-date', 'x-amz-security-token', 'authorization']);

function credentialsOf({ context }: SuiteCase) {
  const { access_key_id, secret_access_key, token } = context.credentials;
  return {
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

const title = path === undefined ? 'AWS SigV4 suite (SKIPPED: no vectors here)' : 'AWS SigV4 suite';

describe.skipIf(path === undefined)(title, () => {
  it('has its 28 cases, 6 of them in the form that only S3 uses', () => {
    expect(cases).toHaveLength(28);
    expect(cases.length - normalized.length).toBe(6);
  });

  it.each(cases)('canonical request, string to sign and signature of $name', (vector) => {
    const { context } = vector;
    const request = parseSuiteRequest(vector.file('header-signed-request.txt'));
    const [, , query = '', ...rest] = vector.file('header-canonical-request.txt').split('\n');
    const canonical = canonicalRequest({
      method: request.method,
      path: context.normalize ? canonicalPath(request.path) : encodePath(request.path),
      query: canonicalQuery(request.query),
      headers: request.headers,
      signedHeaders: rest.at(-2)?.split(';') ?? [],
      bodyHash: sha256Hex(request.body),
    });
    const amzDate = context.timestamp.replace(/[-:]/g, '');
    const scope = {
      date: amzDate.slice(0, 8),
      region: context.region,
      service: context.service,
    };
    expect(canonicalQuery(request.query)).toBe(query);
    expect(canonical).toBe(vector.file('header-canonical-request.txt'));
    expect(stringToSign({ amzDate, scope, canonicalRequest: canonical })).toBe(
      vector.file('header-string-to-sign.txt'),
    );
    expect(
      signatureOf(credentialsOf(vector), { amzDate, scope, canonicalRequest: canonical }),
    ).toBe(vector.file('header-signature.txt'));
  });

  // KMS takes no query form; its canonical requests still exercise the query rules.
  it.each(cases)('canonical request of the query form of $name', (vector) => {
    const request = parseSuiteRequest(vector.file('query-signed-request.txt'));
    const query = request.query
      .split('&')
      .filter((parameter) => !parameter.startsWith('X-Amz-Signature='))
      .join('&');
    const expected = vector.file('query-canonical-request.txt');
    const names = expected.split('\n').at(-2)?.split(';') ?? [];
    expect(
      canonicalRequest({
        method: request.method,
        path: vector.context.normalize ? canonicalPath(request.path) : encodePath(request.path),
        query: canonicalQuery(query),
        headers: request.headers,
        signedHeaders: names,
        bodyHash: sha256Hex(request.body),
      }),
    ).toBe(expected);
  });

  it.each(normalized)('signRequest gives the headers of $name', (vector) => {
    const signed = parseSuiteRequest(vector.file('header-signed-request.txt'));
    const expected = signed.headers.filter(([name]) => added.has(name.toLowerCase()));
    const headers = signRequest({
      ...signed,
      headers: signed.headers.filter(([name]) => !added.has(name.toLowerCase())),
      credentials: credentialsOf(vector),
      region: vector.context.region,
      service: vector.context.service,
      now: Date.parse(vector.context.timestamp),
    });
    expect(headers).toEqual(
      Object.fromEntries(expected.map(([name, value]) => [name.toLowerCase(), value])),
    );
  });

  it.each(normalized)('checkSignature accepts $name, and nothing else in its place', (vector) => {
    const request = parseSuiteRequest(vector.file('header-signed-request.txt'));
    const options = {
      method: request.method,
      url: request.url,
      rawHeaders: request.headers.flat(),
      body: request.body,
      region: vector.context.region,
      service: vector.context.service,
      now: Date.parse(vector.context.timestamp),
      skewSeconds: 300,
      credentialsOf: () => credentialsOf(vector),
    };
    expect(checkSignature(options)).toEqual({ accessKeyId: 'AKIDEXAMPLE', region: 'us-east-1' });
    for (const change of [
      { method: 'PUT' },
      { url: `/other${request.url}` },
      { body: new Uint8Array([...request.body, 0]) },
      { credentialsOf: () => ({ ...credentialsOf(vector), secretAccessKey: 'another' }) },
    ]) {
      expect(() => checkSignature({ ...options, ...change })).toThrow(
        expect.objectContaining({ type: 'InvalidSignatureException' }),
      );
    }
  });
});
