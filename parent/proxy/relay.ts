import type { Socket } from 'node:net';
import { TransportError } from '../../shared/errors.ts';

export interface RelayOutcome {
  /** Bytes that `near` sent. */
  readonly up: number;
  /** Bytes that `far` sent. */
  readonly down: number;
  /** Why the connection ended before both sides had ended it, if so. */
  readonly failure: TransportError | undefined;
}

/**
 * Carries bytes between two open sockets until both directions have ended, or one breaks.
 *
 * Each direction ends by itself (half-close), and whoever reads slowly holds the other side's sender
 * back. Never rejects: both sockets are closed when it resolves.
 */
export function relay(
  near: Socket,
  far: Socket,
  options: { readonly idleTimeoutMs: number },
): Promise<RelayOutcome> {
  return new Promise((resolve) => {
    let failure: TransportError | undefined;
    let closed = 0;
    const fail = (reason: TransportError): void => {
      failure ??= reason;
      near.destroy();
      far.destroy();
    };

    for (const socket of [near, far]) {
      socket.setTimeout(options.idleTimeoutMs, () => fail(idle(options.idleTimeoutMs)));
      socket.on('error', (error: Error & { code?: string }) => fail(lost(error.code)));
      socket.once('close', () => {
        // A socket that closes in order has seen the end of both of its directions.
        if (!socket.readableEnded || !socket.writableFinished) fail(aborted());
        closed += 1;
        if (closed === 2) resolve({ up: near.bytesRead, down: far.bytesRead, failure });
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
}

function idle(milliseconds: number): TransportError {
  return new TransportError('TRANSPORT_IDLE', `nothing was sent for ${milliseconds} ms`);
}

function lost(reason = 'UNKNOWN'): TransportError {
  return new TransportError('TRANSPORT_LOST', `the connection broke: ${reason}`, {
    details: { reason },
  });
}

function aborted(): TransportError {
  return new TransportError('TRANSPORT_ABORTED', 'the proxy was stopped');
}
