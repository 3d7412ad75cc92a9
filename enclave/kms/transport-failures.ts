import { BrokerError, TransportError } from '../../shared/errors.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/**
 * Gives a code to what the parent can do to a connection once TLS stands: to cut, to garble and to
 * hold back. What KMS itself answers passes unchanged.
 *
 * A lost connection is tried again by the SDK, as KMS may have ended an idle one. A time-out is not:
 * who holds back one answer would hold back the next.
 *
 * @throws {TransportError} TRANSPORT_TIMEOUT, TRANSPORT_LOST
 */
export function codedTransportFailures(options: {
  readonly host: string;
  readonly timeoutMs: number;
}): KmsPlugin {
  return {
    applyToStack(stack) {
      stack.add(
        (next) => async (args) => {
          try {
            return await next(args);
          } catch (error) {
            throw transportFailure(error, options) ?? error;
          }
        },
        // Inside of the SDK's retries, around the reading of the answer.
        { step: 'deserialize', priority: 'high', name: 'codedTransportFailures' },
      );
    },
  };
}

/** The code for what broke a connection; undefined for anything else, and for what has a code. */
export function transportFailure(
  error: unknown,
  { host, timeoutMs }: { readonly host: string; readonly timeoutMs: number },
): TransportError | undefined {
  if (!(error instanceof Error) || error instanceof BrokerError) return undefined;
  if (error.name === 'TimeoutError' && !isLost(error)) {
    return new TransportError('TRANSPORT_TIMEOUT', `${host} did not answer within ${timeoutMs} ms`);
  }
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  // By its cause the SDK sees whether to try again.
  return new TransportError('TRANSPORT_LOST', `the connection to ${host} broke (${code})`, {
    details: { host, reason: code },
    cause: error,
  });
}

/** The SDK names a broken connection a time-out as well. */
function isLost(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNREFUSED';
}
