import { timingSafeEqual } from 'node:crypto';
import { KmsServiceError } from '../service-error.ts';
import { type Authorization, parseAuthorization } from './authorization.ts';
import {
  canonicalNames,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  type Header,
  sha256Hex,
} from './canonical.ts';
import { type SigningCredentials, signatureOf, TERMINATOR } from './signature.ts';
import { checkRequestTime, parseRequestTime } from './time.ts';

const MAX_HEADERS = 128;
const MAX_HEADER_CHARACTERS = 32_768;

export interface CheckSignatureOptions {
  readonly method: string;
  /** The request target as sent: path, and query if there is one. */
  readonly url: string;
  /** Names and values by turns, as Node gives them: duplicates are seen. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  /** The only region accepted, or `any` well-formed one. */
  readonly region: string | 'any';
  readonly service: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly skewSeconds: number;
  /** Give the same object for the same key each time: signing keys are remembered by it. */
  readonly credentialsOf: (accessKeyId: string) => SigningCredentials | undefined;
}

/** Who signed, and for which region. */
export interface VerifiedSignature {
  readonly accessKeyId: string;
  readonly region: string;
}

/**
 * Checks the AWS Signature Version 4 of a request, header form.
 *
 * `host`, the header with the time and every `x-amz-*` header that is present must be signed, and
 * stand in the request once. `content-type` need not be, which the AWS SDK for PHP does not sign:
 * the caller must not go by it. Nor need the caller look at the body hash: it is in the signature.
 *
 * @throws {KmsServiceError} MissingAuthenticationTokenException, IncompleteSignatureException,
 *   UnrecognizedClientException or InvalidSignatureException
 */
export function checkSignature(options: CheckSignatureOptions): VerifiedSignature {
  const headers = pairHeaders(options.rawHeaders);
  const header = onlyHeader(headers, 'authorization');
  if (header === undefined) {
    throw new KmsServiceError(
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    );
  }
  const authorization = parseAuthorization(header);
  const time = parseRequestTime(onlyHeader(headers, 'x-amz-date'), onlyHeader(headers, 'date'));
  checkScope(authorization, time.amzDate, options);
  checkSignedHeaders(authorization.signedHeaders, headers, time.header);
  const credentials = findCredentials(authorization.accessKeyId, headers, options);
  checkRequestTime(time, options);
  const bodyHash = sha256Hex(options.body);
  const statedHash = onlyHeader(headers, 'x-amz-content-sha256');
  const { path, query } = splitUrl(options.url);
  const expected = signatureOf(credentials, {
    amzDate: time.amzDate,
    scope: authorization,
    canonicalRequest: canonicalRequest({
      method: options.method,
      path: canonicalPath(path),
      query: canonicalQuery(query),
      headers,
      signedHeaders: authorization.signedHeaders,
      bodyHash,
    }),
  });
  if (
    (statedHash !== undefined && statedHash !== bodyHash) ||
    !equalText(expected, authorization.signature)
  ) {
    throw invalid(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return { accessKeyId: authorization.accessKeyId, region: authorization.region };
}

function checkScope(
  authorization: Authorization,
  amzDate: string,
  options: CheckSignatureOptions,
): void {
  const { date, region, service, terminator } = authorization;
  if (terminator !== TERMINATOR) {
    throw invalid(`Credential should be scoped with a valid terminator: '${TERMINATOR}'.`);
  }
  if (service !== options.service) {
    throw invalid(`Credential should be scoped to correct service: '${options.service}'.`);
  }
  if (options.region === 'any' ? !/^[a-z0-9-]{1,32}$/.test(region) : region !== options.region) {
    throw invalid('Credential should be scoped to a valid Region.');
  }
  if (date !== amzDate.slice(0, 8)) {
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${amzDate}'.`,
    );
  }
}

function checkSignedHeaders(
  signed: readonly string[],
  headers: readonly Header[],
  timeHeader: string,
): void {
  if (canonicalNames(signed).join(';') !== signed.join(';')) {
    throw incomplete('SignedHeaders must be in lower case, sorted, and name each header once.');
  }
  const present = new Set(headers.map(([name]) => name));
  for (const name of signed) {
    if (!present.has(name)) throw invalid('SignedHeaders names a header that is not present.');
  }
  const required = [...present].filter((name) => name.startsWith('x-amz-'));
  for (const name of ['host', timeHeader, ...required]) {
    if (!signed.includes(name)) {
      throw invalid(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
    onlyHeader(headers, name);
  }
}

/** The session token is a part of the credentials: it must be theirs, and absent if they have none. */
function findCredentials(
  accessKeyId: string,
  headers: readonly Header[],
  options: CheckSignatureOptions,
): SigningCredentials {
  const credentials = options.credentialsOf(accessKeyId);
  const token = onlyHeader(headers, 'x-amz-security-token');
  const temporary = accessKeyId.startsWith('ASIA') || credentials?.sessionToken !== undefined;
  if (
    credentials === undefined ||
    (token !== undefined) !== temporary ||
    (temporary && !equalText(credentials.sessionToken ?? '', token ?? ''))
  ) {
    throw new KmsServiceError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  return credentials;
}

/** Names in lower case. */
function pairHeaders(rawHeaders: readonly string[]): Header[] {
  const characters = rawHeaders.reduce((sum, text) => sum + text.length, 0);
  if (rawHeaders.length > 2 * MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) {
    throw incomplete('The request headers are too large.');
  }
  const headers: Header[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.push([(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? '']);
  }
  return headers;
}

/** Of two headers of one name, the checker and the server might each believe another one. */
function onlyHeader(headers: readonly Header[], lowerCaseName: string): string | undefined {
  const found = headers.filter(([name]) => name === lowerCaseName);
  if (found.length > 1) throw incomplete(`Header '${lowerCaseName}' is given more than once.`);
  return found[0]?.[1].trim();
}

function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?');
  return at === -1
    ? { path: url, query: '' }
    : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function equalText(a: string, b: string): boolean {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function incomplete(message: string): KmsServiceError {
  return new KmsServiceError('IncompleteSignatureException', message);
}

function invalid(message: string): KmsServiceError {
  return new KmsServiceError('InvalidSignatureException', message);
}
