import type { Socket } from 'node:net';
import { errorFields, type Logger } from '../../shared/log.ts';
import { type Address, listen, type Peer } from '../../shared/vsock/index.ts';
import { createConnectionCounter, refusalOfPeer } from '../admission.ts';
import { createLineSplitter } from './lines.ts';
import { createRateLimit } from './rate-limit.ts';
import { formatRecord, formatRefusal } from './record.ts';
import type { LogSink } from './sink.ts';

export interface LogListener {
  /** As bound. */
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * Takes the log lines of enclaves, and writes each with the time and the CID that it came from.
 *
 * What they say is not believed and not acted upon. For lines longer than 16 KiB and those that are not
 * a flat JSON object stands how many came. While the sink is full, nothing is read: the enclave then
 * drops lines by itself.
 *
 * @throws {TransportError} what {@link listen} throws
 */
export async function createLogListener(options: {
  readonly listen: Address;
  /** The only virtual machines whose lines are taken; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
  /** Closed with the listener, or if it does not come up. */
  readonly sink: LogSink;
  readonly logger: Logger;
  readonly now: () => number;
}): Promise<LogListener> {
  const { cids, sink, logger, now } = options;
  const counter = createConnectionCounter(MAX_CONNECTIONS_PER_CID);
  const rate = createRateLimit({ perMinute: MAX_CONNECTIONS_PER_MINUTE, now });
  const onConnection = (socket: Socket, peer: Peer): void => {
    const cid = cidOf(peer);
    const refusal = rate.admit() ?? refusalOfPeer(peer, cids) ?? counter.admit(socket, peer);
    if (refusal === undefined) {
      takeLines(socket, { cid, sink, now });
      return;
    }
    logger.warn('log lines not taken', { cid, ...errorFields(refusal) });
    socket.destroy();
  };
  try {
    const listener = await listen(options.listen, { onConnection });
    listener.server.maxConnections = MAX_CONNECTIONS;
    return {
      address: listener.address,
      async close() {
        await listener.close();
        await sink.close();
      },
    };
  } catch (error) {
    await sink.close();
    throw error;
  }
}

function takeLines(
  socket: Socket,
  { cid, sink, now }: { readonly cid: number | undefined; readonly sink: LogSink; now(): number },
): void {
  const split = createLineSplitter(MAX_LINE_BYTES);
  socket.on('data', (chunk: Uint8Array) => {
    const origin = { time: now(), cid };
    const lines = split(chunk);
    const records = lines.flatMap((line) =>
      line === undefined ? [] : (formatRecord(line, origin) ?? []),
    );
    const refused = lines.length - records.length;
    if (refused > 0) records.push(formatRefusal(refused, origin));
    const full = records.filter((record) => !sink.write(record)).length > 0;
    if (!full) return;
    socket.pause();
    sink.onceDrained(() => socket.resume());
  });
  socket.on('end', () => socket.end());
}

function cidOf(peer: Peer): number | undefined {
  return peer.kind === 'vsock' ? peer.cid : undefined;
}

const MAX_LINE_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 64;
/** An enclave has one, and for a moment a second after it lost the first. */
const MAX_CONNECTIONS_PER_CID = 4;
const MAX_CONNECTIONS_PER_MINUTE = 240;
