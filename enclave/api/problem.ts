import { STATUS_CODES } from 'node:http';
import { KMSServiceException } from '@aws-sdk/client-kms';
import {
  BrokerError,
  ConfigError,
  FormatError,
  KmsError,
  NsmError,
  PolicyError,
  ReadinessError,
  TransportError,
  UnwrapError,
  VerificationError,
} from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';

/** Problem details of RFC 9457, with a `code` as its extension. Its type is `about:blank`. */
export interface Problem {
  readonly status: number;
  /** The phrase of the status, as `about:blank` asks for. */
  readonly title: string;
  /** A code of this product, the name of an exception of KMS, or `INTERNAL`. */
  readonly code: string;
  /** What is wrong with the request. Of what went wrong behind the API, the code has to do. */
  readonly detail?: string;
}

/** What a client gets to see of an error: no stack, no cause, and nothing about the inside. */
export function problemOf(error: unknown): Problem {
  const coded = codedError(error);
  if (coded instanceof BrokerError) {
    return problem(statusOf(coded), coded.code, coded.message);
  }
  // Only signatures are refused so: what KMS says of itself comes as a KMSServiceException.
  if (coded instanceof KmsServiceError) return problem(401, coded.type, coded.wireMessage);
  if (coded instanceof KMSServiceException) return problem(statusOfKms(coded), coded.name);
  return problem(500, 'INTERNAL');
}

function problem(status: number, code: string, detail?: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  if (detail === undefined || status >= 500) return { status, title, code };
  return { status, title, code, detail };
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  API_ROUTE: 404,
  API_MEDIA_TYPE: 415,
  API_BODY_TOO_LARGE: 413,
  TRANSPORT_FOREIGN_REQUEST: 403,
  TRANSPORT_TIMEOUT: 504,
};

/** A format is that of the request, but for the envelope, which comes from KMS. */
const STATUS_OF_FAMILY = [
  [FormatError, 400],
  [PolicyError, 403],
  [KmsError, 502],
  [UnwrapError, 502],
  [NsmError, 503],
  [TransportError, 503],
  [ReadinessError, 503],
  [VerificationError, 500],
  [ConfigError, 500],
] as const;

function statusOf(error: BrokerError): number {
  if (error.code.startsWith('CMS_')) return 502;
  const ofCode = STATUS_OF_CODE[error.code];
  if (ofCode !== undefined) return ofCode;
  return STATUS_OF_FAMILY.find(([family]) => error instanceof family)?.[1] ?? 500;
}

function statusOfKms({ name, $metadata }: KMSServiceException): number {
  const passing = name === 'ThrottlingException' || ($metadata.httpStatusCode ?? 0) >= 500;
  return passing ? 503 : 502;
}

/** Gives fastify's own refusals of a request a code; everything else passes. */
function codedError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BrokerError) return error;
  const { code, statusCode, validation } = error as {
    code?: unknown;
    statusCode?: unknown;
    validation?: unknown;
  };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new FormatError('API_BODY_TOO_LARGE', 'the body is longer than this path reads');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new FormatError('API_MEDIA_TYPE', 'expected a body of application/json');
    case 'FST_ERR_BAD_URL':
      return new FormatError('API_ROUTE', 'expected a path');
  }
  // The validator's messages name members and rules, never a value of the request.
  if (validation !== undefined) return new FormatError('API_BODY', error.message);
  if (typeof code !== 'string' || !code.startsWith('FST_')) return error;
  const ofRequest = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return ofRequest ? new FormatError('API_BODY', 'the request cannot be read') : error;
}
