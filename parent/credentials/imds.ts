import { ConfigError, TransportError } from '../../shared/errors.ts';
import { checkNotExpired, parseCredentials, type RoleCredentials } from './document.ts';
import { requestMetadata } from './metadata-request.ts';
import type { CredentialsSource } from './source.ts';

/**
 * The instance role's credentials, from the EC2 instance metadata service, version 2.
 *
 * Kept until five minutes before they expire; AWS has new ones by then. Callers that come together
 * share one exchange. `lend` throws IMDS_STATUS, IMDS_TOO_LARGE, IMDS_FORMAT, CREDENTIALS_EXPIRED
 * and the TRANSPORT_* codes of connecting.
 */
export function createImdsSource(options: {
  /** `http://169.254.169.254` on EC2. */
  readonly endpoint: string;
  /** For each of the three requests. */
  readonly timeoutMs: number;
  readonly now: () => number;
}): CredentialsSource {
  const { now } = options;
  let held: RoleCredentials | undefined;
  let coming: Promise<RoleCredentials> | undefined;

  const hold = async (): Promise<RoleCredentials> => {
    const fresh = await fetchCredentials(options);
    held?.document.dispose();
    held = fresh;
    return fresh;
  };
  const current = (): Promise<RoleCredentials> => {
    if (held?.expiration !== undefined && held.expiration - REFRESH_BEFORE_MS > now()) {
      return Promise.resolve(held);
    }
    coming ??= hold().finally(() => {
      coming = undefined;
    });
    return coming;
  };

  return {
    async lend(use) {
      const credentials = await current();
      checkNotExpired(credentials, now());
      return credentials.document.reveal(use);
    },
    close() {
      held?.document.dispose();
      held = undefined;
    },
  };
}

async function fetchCredentials(options: {
  readonly endpoint: string;
  readonly timeoutMs: number;
}): Promise<RoleCredentials> {
  const { endpoint, timeoutMs } = options;
  const token = await requestMetadata({
    url: new URL('/latest/api/token', endpoint),
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_TTL_SECONDS },
    timeoutMs,
    maxBytes: 1024,
  });
  if (!/^[\x21-\x7e]+$/.test(token)) throw formatError('the session token is not one of HTTP');
  const read = (path: string, maxBytes: number): Promise<string> =>
    requestMetadata({
      url: new URL(path, endpoint),
      method: 'GET',
      headers: { 'x-aws-ec2-metadata-token': token },
      timeoutMs,
      maxBytes,
    });

  const role = (await read(CREDENTIALS_PATH, 1024)).trim();
  // The characters of an IAM role name; none of them leads to another path.
  if (!/^[\w+=,.@-]{1,64}$/.test(role) || /^\.+$/.test(role)) {
    throw formatError('the name of the role is not one of IAM');
  }
  const credentials = parseAnswer(await read(CREDENTIALS_PATH + role, 32 * 1024));
  if (credentials.expiration === undefined) throw formatError('Expiration is missing');
  return credentials;
}

function parseAnswer(text: string): RoleCredentials {
  try {
    return parseCredentials(text);
  } catch (error) {
    if (error instanceof ConfigError) throw formatError(error.message);
    throw error;
  }
}

function formatError(message: string): TransportError {
  return new TransportError('IMDS_FORMAT', `instance metadata: ${message}`);
}

const CREDENTIALS_PATH = '/latest/meta-data/iam/security-credentials/';
const REFRESH_BEFORE_MS = 5 * 60 * 1000;
/** A session serves one exchange and no more. */
const TOKEN_TTL_SECONDS = '60';
