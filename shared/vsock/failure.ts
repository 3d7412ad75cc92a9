import type { TransportCode } from '../error-codes.ts';
import { TransportError } from '../errors.ts';

/** What the operating system's error names mean for someone who connects. */
const connectFailures: Readonly<Record<string, TransportCode>> = {
  ECONNREFUSED: 'TRANSPORT_REFUSED',
  ECONNRESET: 'TRANSPORT_REFUSED',
  EAGAIN: 'TRANSPORT_REFUSED',
  ENOENT: 'TRANSPORT_REFUSED',
  ENODEV: 'TRANSPORT_REFUSED',
  ETIMEDOUT: 'TRANSPORT_TIMEOUT',
  EHOSTUNREACH: 'TRANSPORT_UNREACHABLE',
  ENETUNREACH: 'TRANSPORT_UNREACHABLE',
  ENOTFOUND: 'TRANSPORT_UNREACHABLE',
  EAI_AGAIN: 'TRANSPORT_UNREACHABLE',
  ...vsockFailures(),
};

/** What they mean for someone who listens. */
const listenFailures: Readonly<Record<string, TransportCode>> = {
  EADDRINUSE: 'TRANSPORT_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  EACCES: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  EPERM: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  ENOENT: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  ENOTDIR: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  EROFS: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  ENOTFOUND: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  EAI_AGAIN: 'TRANSPORT_ADDRESS_UNAVAILABLE',
  ...vsockFailures(),
};

function vsockFailures(): Readonly<Record<string, TransportCode>> {
  return {
    EAFNOSUPPORT: 'TRANSPORT_VSOCK_UNAVAILABLE',
    ERR_MODULE_NOT_FOUND: 'TRANSPORT_VSOCK_UNAVAILABLE',
    ERR_DLOPEN_FAILED: 'TRANSPORT_VSOCK_UNAVAILABLE',
  };
}

export function connectFailure(what: string, error: unknown): TransportError {
  return failure(connectFailures, `cannot connect to ${what}`, error);
}

export function listenFailure(what: string, error: unknown): TransportError {
  return failure(listenFailures, `cannot listen on ${what}`, error);
}

function failure(
  meanings: Readonly<Record<string, TransportCode>>,
  message: string,
  error: unknown,
): TransportError {
  const reason = errorCodeOf(error) ?? 'UNKNOWN';
  const code = meanings[reason] ?? 'TRANSPORT_FAILED';
  return new TransportError(code, `${message}: ${reason}`, { details: { reason } });
}

/** The `code` of an error of Node or of libc, for example `ECONNREFUSED`. */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
