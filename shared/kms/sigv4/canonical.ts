import { hash } from 'node:crypto';

/** A request as it stands on the wire. */
export interface WireRequest {
  readonly method: string;
  /** As sent, percent-encoding included, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export type Header = readonly [name: string, value: string];

/** The canonical forms of the parts of a request, ready to be put together. */
export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly Header[];
  /** Lower-case names, sorted. */
  readonly signedHeaders: readonly string[];
  readonly bodyHash: string;
}

/** Puts together what SigV4 hashes ("Create a canonical request"). */
export function canonicalRequest(parts: CanonicalParts): string {
  return [
    parts.method,
    parts.path,
    parts.query,
    ...parts.signedHeaders.map((name) => `${name}:${canonicalHeaderValue(name, parts.headers)}`),
    '',
    parts.signedHeaders.join(';'),
    parts.bodyHash,
  ].join('\n');
}

/**
 * The path with dot segments and empty segments resolved (RFC 3986, section 5.2.4), each segment
 * then percent-encoded once more, as every service but S3 wants it.
 */
export function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const trailing = segments.length > 0 && path.endsWith('/') ? '/' : '';
  return encodePath(`/${segments.join('/')}${trailing}`);
}

/** Percent-encodes everything but the unreserved characters and the slash. */
export function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~/]/gu, percentEncode);
}

/** The parameters sorted by encoded name, then by encoded value; their encoding made uniform. */
export function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      return equals === -1
        ? ([encodeComponent(parameter), ''] as const)
        : ([
            encodeComponent(parameter.slice(0, equals)),
            encodeComponent(parameter.slice(equals + 1)),
          ] as const);
    })
    .sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The names, in lower case and sorted, each once. */
export function canonicalNames(names: Iterable<string>): string[] {
  return [...new Set([...names].map((name) => name.toLowerCase()))].sort(compareText);
}

/** The values of every header of that name, in their order, trimmed and their spaces collapsed. */
function canonicalHeaderValue(lowerCaseName: string, headers: readonly Header[]): string {
  return headers
    .filter(([name]) => name.toLowerCase() === lowerCaseName)
    .map(([, value]) => value.trim().replace(/ {2,}/g, ' '))
    .join(',');
}

export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** Encodes what is not encoded and decodes what need not be, so that each text has one form. */
function encodeComponent(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/gu, (match) => {
    if (match.length !== 3 || !match.startsWith('%')) return percentEncode(match);
    const character = String.fromCharCode(Number.parseInt(match.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : match.toUpperCase();
  });
}

function percentEncode(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
