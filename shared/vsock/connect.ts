import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, TransportError } from '../errors.ts';
import { type Address, formatAddress, VSOCK_ANY } from './address.ts';
import { connectFailure, errorCodeOf } from './failure.ts';

export interface ConnectOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects and resolves to an open `net.Socket` whose two directions end independently.
 *
 * A listener whose backlog is full looks for a moment like one that is not there: AF_VSOCK says
 * ECONNRESET for both, a Unix socket EAGAIN. Those two are tried again until the time is up, so over
 * vsock a refusal comes only then. The caller must listen for `error` on the socket at once.
 *
 * @throws {ConfigError} ADDRESS_LISTEN_ONLY
 * @throws {TransportError} TRANSPORT_TIMEOUT, TRANSPORT_REFUSED, TRANSPORT_UNREACHABLE,
 *   TRANSPORT_ABORTED, TRANSPORT_VSOCK_UNAVAILABLE, TRANSPORT_FAILED
 */
export async function connect(address: Address, options: ConnectOptions): Promise<Socket> {
  checkConnectable(address);
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  const timer = setTimeout(giveUp, options.timeoutMs);
  options.signal?.addEventListener('abort', giveUp);
  if (options.signal?.aborted) giveUp();
  try {
    return await connectUntil(address, options, controller.signal);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
}

async function connectUntil(
  address: Address,
  options: ConnectOptions,
  over: AbortSignal,
): Promise<Socket> {
  const what = formatAddress(address);
  let refusal: unknown;
  let pauseMs = FIRST_PAUSE_MS;
  while (!over.aborted) {
    try {
      const socket = await attempt(address, options.timeoutMs, over);
      if (!over.aborted) return socket;
      socket.destroy();
      break;
    } catch (error) {
      if (over.aborted) break;
      if (errorCodeOf(error) !== busyCode[address.kind]) throw connectFailure(what, error);
      refusal = error;
    }
    await pause(pauseMs, over);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  if (options.signal?.aborted) {
    throw new TransportError('TRANSPORT_ABORTED', `connecting to ${what} was given up`);
  }
  if (refusal !== undefined) throw connectFailure(what, refusal);
  throw new TransportError(
    'TRANSPORT_TIMEOUT',
    `${what} did not answer within ${options.timeoutMs} ms`,
  );
}

/** Resolves after `milliseconds`, or at once when `over` is aborted. */
async function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: over }).catch(() => undefined);
}

async function attempt(address: Address, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  if (address.kind === 'vsock') {
    // Loaded here, so that who uses no vsock needs no native code.
    const { connectVsock } = await import('../native/index.ts');
    return connectVsock(address, { timeoutMs, signal });
  }
  const socket =
    address.kind === 'unix'
      ? createConnection({ path: address.path, allowHalfOpen: true })
      : createConnection({
          host: address.host,
          port: address.port,
          allowHalfOpen: true,
          noDelay: true,
        });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function checkConnectable(address: Address): void {
  const any =
    (address.kind === 'vsock' && (address.cid === VSOCK_ANY || address.port === VSOCK_ANY)) ||
    (address.kind === 'tcp' && address.port === 0);
  if (any) {
    throw new ConfigError(
      'ADDRESS_LISTEN_ONLY',
      `${formatAddress(address)} is an address to listen on, not to connect to`,
    );
  }
}

/** How each kind of socket says that the backlog is full, if it says so at all. */
const busyCode: Readonly<Record<Address['kind'], string | undefined>> = {
  vsock: 'ECONNRESET',
  unix: 'EAGAIN',
  tcp: undefined,
};

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;
