import {
  canonicalNames,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  sha256Hex,
  type WireRequest,
} from './canonical.ts';
import {
  ALGORITHM,
  formatAmzDate,
  formatScope,
  type SigningCredentials,
  signatureOf,
} from './signature.ts';

export interface SignRequestOptions extends WireRequest {
  readonly credentials: SigningCredentials & { readonly accessKeyId: string };
  readonly region: string;
  readonly service: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The headers to add to a request for it to carry a signature. */
export interface SignatureHeaders {
  readonly 'x-amz-date': string;
  readonly 'x-amz-security-token'?: string;
  readonly authorization: string;
}

/**
 * Signs a request with AWS Signature Version 4, header form.
 *
 * Every header given is signed, so leave out those that a hop may change. `host` must be among
 * them; the headers returned must not.
 */
export function signRequest(options: SignRequestOptions): SignatureHeaders {
  const { credentials } = options;
  const amzDate = formatAmzDate(options.now);
  const added = {
    'x-amz-date': amzDate,
    ...(credentials.sessionToken === undefined
      ? {}
      : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const headers = [...options.headers, ...Object.entries(added)];
  const signedHeaders = canonicalNames(headers.map(([name]) => name));
  const scope = {
    date: amzDate.slice(0, 8),
    region: options.region,
    service: options.service,
  };
  const signature = signatureOf(credentials, {
    amzDate,
    scope,
    canonicalRequest: canonicalRequest({
      method: options.method,
      path: canonicalPath(options.path),
      query: canonicalQuery(options.query),
      headers,
      signedHeaders,
      bodyHash: sha256Hex(options.body),
    }),
  });
  return {
    ...added,
    authorization: `${ALGORITHM} Credential=${credentials.accessKeyId}/${formatScope(scope)}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}
