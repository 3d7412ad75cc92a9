import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Address, connect } from '../../shared/vsock/index.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT_MS = 1000;

/** Lines that wait while nobody reads, in bytes: what comes on top of that is dropped. */
const MAX_WAITING_BYTES = 262_144;

const CLOSE_MS = 1000;

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
 * the next line that gets through: `{"event":"log lines dropped","count":N}`.
 */
export function openLogStream(options: {
  readonly to: Address;
  readonly onDropped: () => void;
}): LogStream {
  const { to, onDropped } = options;
  let socket: Socket | undefined;
  /** What came while there was no connection. */
  let backlog = '';
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
      // Nothing that the parent could send has a meaning here.
      connected.resume();
      connected.write(backlog);
      backlog = '';
    }, reconnect);
  };
  const end = async (): Promise<void> => {
    await opening;
    const last = socket;
    if (last === undefined) return;
    const closed = once(last, 'close');
    last.destroySoon();
    await closed;
  };
  const put = (text: string): void => {
    if (socket === undefined) backlog += text;
    else socket.write(text);
  };
  open();

  return {
    write(line) {
      if (closing !== undefined) return;
      if ((socket?.writableLength ?? backlog.length) > MAX_WAITING_BYTES) {
        dropped += 1;
        onDropped();
        return;
      }
      if (dropped > 0) put(`${JSON.stringify({ event: 'log lines dropped', count: dropped })}\n`);
      dropped = 0;
      put(`${line}\n`);
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
