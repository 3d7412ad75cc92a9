import { Buffer } from 'node:buffer';
import { setTimeout } from 'node:timers/promises';
import { KmsError, TransportError } from '../../shared/errors.ts';
import { KmsServiceError, parseServiceError, signRequest } from '../../shared/kms/index.ts';
import { type EnclaveMetrics, outcomeOf } from '../metrics.ts';
import type { CredentialStore } from './credential-store.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import { REFUSED_CREDENTIALS_ERRORS } from './refused-credentials.ts';
import { createRetries, type Retryable } from './retries.ts';
import type { TlsAgent } from './tls-agent.ts';

export interface SignedKmsClientOptions {
  /** As the agent proves it. */
  readonly host: string;
  readonly region: string;
  readonly agent: TlsAgent;
  readonly credentials: Pick<CredentialStore, 'current' | 'discard'>;
  /** The trusted clock that requests are signed by: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
  /** For each attempt. */
  readonly timeoutMs: number;
  /** From 0 to less than 1, for the pauses between attempts. */
  readonly random: () => number;
  /** Waits between attempts; by the clock unless given. */
  readonly pause?: (milliseconds: number) => Promise<void>;
  readonly metrics: EnclaveMetrics;
}

/** What KMS answered to a call that succeeded. */
export interface KmsAnswer {
  /** JSON. */
  readonly body: Uint8Array;
  readonly requestId: string | undefined;
}

/** KMS over requests that are signed here: a quarter of what a call costs the AWS SDK. */
export interface SignedKmsClient {
  /**
   * Makes a call, again if it was throttled or failed in passing, as the AWS SDK does.
   *
   * The caller overwrites the body if it holds a secret.
   *
   * @param operation - without the prefix of its target.
   * @throws {KmsServiceError} the exception of KMS
   * @throws {TransportError} TRANSPORT_TIMEOUT, TRANSPORT_LOST, TLS_REFUSED, what the connection or
   *   the credentials throw
   * @throws {KmsError} KMS_ANSWER_TOO_LARGE, KMS_ANSWER_FORMAT
   */
  send(operation: string, body: Uint8Array): Promise<KmsAnswer>;
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';

export function createSignedKmsClient(options: SignedKmsClientOptions): SignedKmsClient {
  const { pause = setTimeout, random, metrics, monotonic, credentials } = options;
  const withRetries = createRetries({ random, pause: (ms) => pause(ms), classify });
  return {
    async send(operation, body) {
      const began = monotonic();
      const count = (outcome: string) => metrics.kmsCall(operation, outcome, monotonic() - began);
      try {
        const answer = await withRetries(() => attempt(options, operation, body));
        count('ok');
        return answer;
      } catch (error) {
        count(outcomeOf(error));
        if (refusesCredentials(error)) credentials.discard();
        throw error;
      }
    },
  };
}

async function attempt(
  options: SignedKmsClientOptions,
  operation: string,
  body: Uint8Array,
): Promise<KmsAnswer> {
  const { host, region, agent, timeoutMs } = options;
  const headers = {
    'content-type': CONTENT_TYPE,
    host,
    'x-amz-target': `TrentService.${operation}`,
  };
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers: Object.entries(headers),
    body,
    credentials: await options.credentials.current(),
    region,
    service: 'kms',
    now: options.clock(),
  });
  const answer = await exchange({
    agent,
    host,
    headers: { ...headers, ...signature, 'content-length': String(body.length) },
    body,
    timeoutMs,
  });
  if (answer.statusCode !== 200) throw refusal(answer);
  return answer;
}

function refusal({ statusCode, body, requestId }: HttpAnswer): KmsServiceError | KmsError {
  const text = Buffer.from(body).toString('utf8');
  return (
    parseServiceError(statusCode, text, requestId) ??
    new KmsError('KMS_ANSWER_FORMAT', `expected an error of KMS, got HTTP status ${statusCode}`, {
      details: { statusCode },
    })
  );
}

function refusesCredentials(error: unknown): boolean {
  return error instanceof KmsServiceError && REFUSED_CREDENTIALS_ERRORS.includes(error.type);
}

const TRANSIENT_STATUS = [500, 502, 503, 504];

function classify(error: unknown): Retryable | undefined {
  if (error instanceof KmsServiceError) {
    const { type, statusCode } = error;
    if (type === 'ThrottlingException' || statusCode === 429) return 'throttling';
    return TRANSIENT_STATUS.includes(statusCode) ? 'transient' : undefined;
  }
  if (error instanceof KmsError) {
    return TRANSIENT_STATUS.some((status) => status === error.details.statusCode)
      ? 'transient'
      : undefined;
  }
  // KMS may have ended a connection that was idle. A time-out is not tried again: who holds back one
  // answer would hold back the next.
  return error instanceof TransportError && error.code === 'TRANSPORT_LOST'
    ? 'transient'
    : undefined;
}
