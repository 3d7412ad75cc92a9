import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

/** Stands between two processes on a Unix socket and keeps every byte, in both directions. */
export interface Recorder {
  readonly address: string;
  readonly connections: number;
  /** What came from the side that connects, one connection after the other. */
  sent(): Uint8Array;
  /** What came from the side that listens. */
  received(): Uint8Array;
  close(): void;
}

/** Listens on `path` and passes what comes on to `target`, an address of the form `unix:PATH`. */
export async function startRecorder(path: string, target: string): Promise<Recorder> {
  const connections: { readonly sent: Buffer[]; readonly received: Buffer[] }[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const record = { sent: [] as Buffer[], received: [] as Buffer[] };
    connections.push(record);
    const parent = createConnection({ path: target.replace(/^unix:/, ''), allowHalfOpen: true });
    join(client, parent, record.sent);
    join(parent, client, record.received);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    address: `unix:${path}`,
    get connections() {
      return connections.length;
    },
    sent: () => Buffer.concat(connections.flatMap(({ sent }) => sent)),
    received: () => Buffer.concat(connections.flatMap(({ received }) => received)),
    close: () => void server.close(),
  };
}

function join(from: Socket, to: Socket, record: Buffer[]): void {
  from.on('data', (chunk) => record.push(chunk));
  from.on('error', () => to.destroy());
  from.on('close', () => to.end());
  from.pipe(to);
}
