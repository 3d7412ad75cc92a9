import { createHmac } from 'node:crypto';
import { sha256Hex } from './canonical.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/** Not to be changed once it has been used: signing keys derived from it are remembered. */
export interface SigningCredentials {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What a signing key is good for. */
export interface CredentialScope {
  /** `yyyymmdd` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export function formatScope(scope: CredentialScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/${TERMINATOR}`;
}

/** `yyyymmddThhmmssZ` for milliseconds since the Unix epoch. */
export function formatAmzDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

export interface StringToSign {
  /** `yyyymmddThhmmssZ` */
  readonly amzDate: string;
  readonly scope: CredentialScope;
  readonly canonicalRequest: string;
}

export function stringToSign(options: StringToSign): string {
  return [
    ALGORITHM,
    options.amzDate,
    formatScope(options.scope),
    sha256Hex(options.canonicalRequest),
  ].join('\n');
}

/** The signature in lower-case hex. */
export function signatureOf(credentials: SigningCredentials, options: StringToSign): string {
  return createHmac('sha256', signingKey(credentials, options.scope))
    .update(stringToSign(options))
    .digest('hex');
}

/**
 * The last signing key of each credentials object, which a client uses for a day. Held by the
 * object itself, so that keys leave memory with the credentials that they came from.
 */
const remembered = new WeakMap<SigningCredentials, { scope: string; key: Uint8Array }>();

function signingKey(credentials: SigningCredentials, scope: CredentialScope): Uint8Array {
  const name = formatScope(scope);
  const last = remembered.get(credentials);
  if (last?.scope === name) return last.key;
  const parts = [scope.date, scope.region, scope.service, TERMINATOR];
  let key: Uint8Array = new TextEncoder().encode(`AWS4${credentials.secretAccessKey}`);
  for (const part of parts) key = createHmac('sha256', key).update(part).digest();
  remembered.set(credentials, { scope: name, key });
  return key;
}
