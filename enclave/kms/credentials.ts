import { request } from 'node:http';
import { z } from 'zod';
import { TransportError } from '../../shared/errors.ts';
import { type Address, connect, formatAddress } from '../../shared/vsock/index.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials have these two; the long-lived keys of an IAM user have neither. */
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface CredentialsOptions {
  /** Where the parent serves the credentials of its role. */
  readonly parent: Address;
  readonly timeoutMs: number;
  /** Aborted to give up. */
  readonly signal?: AbortSignal;
}

const MAX_ANSWER_BYTES = 65_536;

/** What can stand in a header, so that a bad credential is not taken for a broken connection. */
const printable = z.string().regex(/^[\x21-\x7e]+$/);

/** The member names of AWS's container credentials endpoint. */
const answerSchema = z
  .object({
    AccessKeyId: z.string().regex(/^\w{1,128}$/),
    SecretAccessKey: printable,
    Token: printable.optional(),
    Expiration: z.iso.datetime({ offset: true }).optional(),
  })
  // Without its end, the SDK would use a temporary credential for ever.
  .refine(({ Token, Expiration }) => Token === undefined || Expiration !== undefined);

/**
 * Asks the parent for the credentials of its role.
 *
 * They are no secret from the parent and prove nothing about the enclave; the attestation conditions
 * of the key policy do. Whether they have expired is for {@link createCredentialStore} to judge.
 *
 * @throws {TransportError} PARENT_CREDENTIALS_UNAVAILABLE, TRANSPORT_*
 */
export async function fetchCredentials(options: CredentialsOptions): Promise<RoleCredentials> {
  return parseAnswer(await fetchText(options));
}

async function fetchText({ parent, timeoutMs, signal }: CredentialsOptions): Promise<string> {
  const overdue = AbortSignal.timeout(timeoutMs);
  const over = signal === undefined ? overdue : AbortSignal.any([overdue, signal]);
  const socket = await connect(parent, { timeoutMs, ...(signal && { signal }) });
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      socket.destroy();
      reject(unavailable(parent, reason));
    };
    const ask = request(
      { path: '/', host: 'parent', createConnection: () => socket, signal: over },
      (response) => {
        const parts: Uint8Array[] = [];
        let length = 0;
        response.on('data', (part: Uint8Array) => {
          length += part.length;
          if (length > MAX_ANSWER_BYTES) fail(`more than ${MAX_ANSWER_BYTES} bytes`);
          else parts.push(part);
        });
        response.on('end', () => {
          socket.destroy();
          if (response.statusCode === 200) resolve(decode(parts));
          else fail(`HTTP status ${response.statusCode}`);
        });
        response.on('error', () => fail('the answer broke off'));
      },
    );
    // An upgrade hands the socket over and ends the request without an error.
    ask.on('upgrade', () => fail('HTTP status 101'));
    ask.on('error', () => fail(over.aborted ? 'no answer in time' : 'the connection broke off'));
    ask.end();
  });
}

function decode(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
}

function parseAnswer(text: string): RoleCredentials {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed();
  }
  const answer = answerSchema.safeParse(json);
  // What came is not repeated: it may hold a part of a credential.
  if (!answer.success) throw malformed();
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = answer.data;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(Token === undefined ? {} : { sessionToken: Token }),
    ...(Expiration === undefined ? {} : { expiration: new Date(Expiration) }),
  };
}

function malformed(): TransportError {
  return new TransportError(
    'PARENT_CREDENTIALS_UNAVAILABLE',
    'the parent did not answer with AccessKeyId and SecretAccessKey, and Expiration beside a Token',
  );
}

function unavailable(parent: Address, reason: string): TransportError {
  return new TransportError(
    'PARENT_CREDENTIALS_UNAVAILABLE',
    `no credentials from ${formatAddress(parent)}: ${reason}`,
  );
}
