import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import { Secret } from '../../shared/secret.ts';

/**
 * Role credentials, as the JSON document that AWS's container credential endpoint serves.
 *
 * The document travels as one {@link Secret}, so that nothing prints it. JavaScript cannot wipe the
 * strings that reading JSON leaves on the heap; these credentials are the parent's own anyway, and
 * what keeps keys from the parent is the attestation condition of the key policy.
 */
export interface RoleCredentials {
  /** `AccessKeyId`, `SecretAccessKey`, and `Token` and `Expiration` where the source has them. */
  readonly document: Secret;
  /** Milliseconds since the Unix epoch; undefined for credentials that do not expire. */
  readonly expiration: number | undefined;
}

const schema = z.object({
  Code: z.literal('Success').optional(),
  AccessKeyId: z.string().regex(/^\w{1,128}$/),
  SecretAccessKey: z.string().min(1).max(256),
  Token: z.string().min(1).max(16384).optional(),
  Expiration: z.iso.datetime({ offset: true }).optional(),
});

/**
 * Reads the JSON of the instance metadata service, or of a file in the same form.
 *
 * Members other than those of the document are dropped; `Code`, if there, must be `Success`.
 *
 * @throws {ConfigError} CREDENTIALS_FORMAT, naming the member and never a value
 */
export function parseCredentials(text: string): RoleCredentials {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw formatError(
      `${String(issue?.path[0] ?? 'the document')} is missing or not as documented`,
    );
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = result.data;
  const document = JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration });
  return {
    document: new Secret(new Uint8Array(Buffer.from(document, 'utf8'))),
    expiration: Expiration === undefined ? undefined : Date.parse(Expiration),
  };
}

/** @throws {ConfigError} CREDENTIALS_EXPIRED */
export function checkNotExpired(credentials: RoleCredentials, now: number): void {
  if (credentials.expiration !== undefined && credentials.expiration <= now) {
    throw new ConfigError('CREDENTIALS_EXPIRED', 'the credentials are past their expiration');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of a SyntaxError quotes the text.
    throw formatError('the document is not JSON');
  }
}

function formatError(message: string): ConfigError {
  return new ConfigError('CREDENTIALS_FORMAT', message);
}
