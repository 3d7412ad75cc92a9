import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection for one request at a time, opened anew when the server has closed it. */
export interface KeepAlive {
  /** Sends a request as it stands and resolves to its status and body. */
  send(request: Uint8Array): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** A bare HTTP/1.1 client: `node:http` would cost more for a request than the servers do. */
export function createKeepAlive(port: number): KeepAlive {
  let socket: Socket | undefined;
  return {
    async send(request) {
      if (socket === undefined) {
        socket = connect({ port, host: '127.0.0.1', noDelay: true });
        await once(socket, 'connect');
      }
      const { answer, closes } = await exchange(socket, request);
      if (closes) {
        socket.destroy();
        socket = undefined;
      }
      return answer;
    },
    close: () => socket?.destroy(),
  };
}

function exchange(
  socket: Socket,
  request: Uint8Array,
): Promise<{ readonly answer: HttpAnswer; readonly closes: boolean }> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = received.subarray(0, end).toString('latin1');
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      const body = received.subarray(end + 4);
      if (body.length < length) return;
      stop();
      const answer = { status: Number(head.slice(9, 12)), body };
      resolve({ answer, closes: /\r\nconnection: *close/i.test(head) });
    };
    const onClose = (): void => {
      stop();
      reject(new Error('the server closed the connection instead of answering'));
    };
    const stop = (): void => {
      socket.off('data', onData).off('close', onClose).off('error', onClose);
    };
    socket.on('data', onData).on('close', onClose).on('error', onClose);
    socket.write(request);
  });
}
