import type { Socket } from 'node:net';
import { type Address, connect } from '../../shared/vsock/index.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT_MS = 1000;

/** Lines that wait while nobody reads, in bytes: what comes on top of that is dropped. */
const MAX_WAITING_BYTES = 262_144;

const CLOSE_MS = 1000;

/** What is sent in one piece, and what is done if it did not get as far as the kernel. */
interface Entry {
  readonly text: string;
  readonly lost: () => void;
}

/** Takes log lines to the parent. It never blocks, and never fails whoever logs. */
export interface LogStream {
  /** Takes one line, without its newline. */
  readonly write: (line: string) => void;
  /** Takes no more, and ends the connection once the kernel has what waits, or after a second. */
  close(): Promise<void>;
}

/**
 * A stream of log lines to an address of the parent: an enclave has no console in production.
 *
 * The parent reads at its leisure or not at all; then lines are dropped, counted, and the number is
 * the next line that gets through: `{"event":"log lines dropped","count":N}`. What the kernel held
 * for a connection that ended is not counted: nobody knows how much of it was read.
 */
export function openLogStream(options: {
  readonly to: Address;
  readonly onDropped: () => void;
}): LogStream {
  const { to, onDropped } = options;
  let socket: Socket | undefined;
  /** What came while there was no connection. */
  const backlog: Entry[] = [];
  let backlogLength = 0;
  let dropped = 0;
  let closing: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  const connecting = new AbortController();
  const connectOptions = { timeoutMs: CONNECT_TIMEOUT_MS, signal: connecting.signal };

  const reconnect = (): void => {
    socket = undefined;
    if (closing !== undefined) return;
    retry = setTimeout(open, RECONNECT_MS);
    retry.unref();
  };
  let opening: Promise<void>;
  const open = (): void => {
    opening = connect(to, connectOptions).then((connected) => {
      socket = connected;
      connected.unref();
      connected.on('error', () => undefined);
      connected.on('close', reconnect);
      // A parent that ends its side reads no more: what is written now would be lost.
      connected.on('end', () => connected.destroy());
      // Nothing that the parent could send has a meaning here.
      connected.resume();
      for (const entry of backlog.splice(0)) put(entry);
      backlogLength = 0;
    }, reconnect);
  };
  const end = async (): Promise<void> => {
    await opening;
    const last = socket;
    if (last === undefined) return;
    if (last.closed) return;
    const closed = new Promise((resolve) => last.once('close', resolve));
    last.destroySoon();
    await closed;
  };
  const put = (entry: Entry): void => {
    if (socket !== undefined) {
      socket.write(entry.text, (error) => error && entry.lost());
      return;
    }
    backlog.push(entry);
    backlogLength += entry.text.length;
  };
  open();

  return {
    write(line) {
      if (closing !== undefined) return;
      const told = dropped;
      const lost = (): void => {
        dropped += told + 1;
        onDropped();
      };
      dropped = 0;
      if ((socket?.writableLength ?? backlogLength) > MAX_WAITING_BYTES) {
        lost();
        return;
      }
      const report = JSON.stringify({ event: 'log lines dropped', count: told });
      put({ text: told > 0 ? `${report}\n${line}\n` : `${line}\n`, lost });
    },
    close() {
      closing ??= new Promise((resolve) => {
        clearTimeout(retry);
        const giveUp = setTimeout(() => {
          connecting.abort();
          socket?.destroy();
          resolve();
        }, CLOSE_MS);
        end().finally(() => {
          clearTimeout(giveUp);
          resolve();
        });
      });
      return closing;
    },
  };
}
