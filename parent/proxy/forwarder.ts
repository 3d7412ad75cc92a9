import type { Socket } from 'node:net';
import { TransportError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import {
  type Address,
  connect,
  formatAddress,
  listen,
  type Peer,
} from '../../shared/vsock/index.ts';
import { refusalOfPeer } from '../admission.ts';
import { type Allowlist, checkAllowed, type Destination, formatDestination } from './allowlist.ts';
import { type RelayOutcome, relay } from './relay.ts';

export interface ForwarderLimits {
  /** Connections that are open at once; more are closed as they come. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** How long a connection may carry nothing. */
  readonly idleTimeoutMs: number;
}

export interface ForwarderOptions {
  readonly listen: Address;
  readonly remote: Destination;
  /** The only virtual machines that are served; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
  readonly allowlist: Allowlist;
  readonly limits: ForwarderLimits;
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

export interface Forwarder {
  /** As bound. */
  readonly address: Address;
  /** Resolves when every connection is closed and has its line in the log. */
  close(): Promise<void>;
}

/**
 * Forwards every connection to one destination, bytes only: TLS passes through unopened.
 *
 * One log line per connection, when it has ended, says who, where to, how much, how long and how it
 * ended, and nothing of what was sent.
 *
 * @throws {ConfigError} ALLOWLIST_DENIED
 * @throws {TransportError} what {@link listen} throws
 */
export async function createForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { remote, limits, logger, now } = options;
  checkAllowed(options.allowlist, remote);
  const open = new Set<Promise<void>>();

  const forward = async (near: Socket, peer: Peer): Promise<void> => {
    const start = now();
    const refusal = refusalOfPeer(peer, options.cids) ?? refusalOfOneMore(open.size, limits);
    const { up, down, failure } =
      refusal === undefined ? await carry(near, options) : turnAway(near, refusal);
    logger[failure === undefined ? 'info' : 'warn']('connection closed', {
      listen: formatAddress(listener.address),
      peer: peer.kind,
      cid: peer.kind === 'vsock' ? peer.cid : undefined,
      destination: formatDestination(remote),
      up,
      down,
      durationMs: now() - start,
      ended: failure?.code ?? 'complete',
      reason: failure?.details.reason,
    });
  };

  const listener = await listen(options.listen, {
    onConnection: (near, peer) => {
      const done = forward(near, peer).finally(() => open.delete(done));
      open.add(done);
    },
  });
  return {
    address: listener.address,
    async close() {
      await listener.close();
      await Promise.all(open);
    },
  };
}

function refusalOfOneMore(
  open: number,
  { connections }: ForwarderLimits,
): TransportError | undefined {
  if (open < connections) return undefined;
  return new TransportError('TRANSPORT_LIMIT', `${connections} connections are open`);
}

function turnAway(near: Socket, failure: TransportError): RelayOutcome {
  near.destroy();
  return { up: 0, down: 0, failure };
}

async function carry(
  near: Socket,
  { remote, limits }: { remote: Destination; limits: ForwarderLimits },
): Promise<RelayOutcome> {
  const gone = new AbortController();
  const giveUp = (): void => gone.abort();
  near.once('close', giveUp);
  let far: Socket;
  try {
    const { connectTimeoutMs: timeoutMs } = limits;
    far = await connect({ kind: 'tcp', ...remote }, { timeoutMs, signal: gone.signal });
  } catch (error) {
    near.destroy();
    if (!(error instanceof TransportError)) throw error;
    return { up: 0, down: 0, failure: error };
  }
  near.off('close', giveUp);
  return relay(near, far, limits);
}
