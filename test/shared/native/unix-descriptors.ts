import type { Server, Socket } from 'node:net';
import { adoptListener, adoptStream } from '../../../shared/native/adoption.ts';
import { connectDescriptor } from '../../../shared/native/connecting.ts';
import { AF_UNIX, bind, getsockname, listen, socket } from '../../../shared/native/libc.ts';

/** A listener on a name of the abstract namespace that Linux picks, adopted like a vsock one. */
export function listenAdopted(backlog = 511): { server: Server; address: Uint8Array } {
  const fd = socket(AF_UNIX);
  bind(fd, new Uint8Array([AF_UNIX, 0]));
  listen(fd, backlog);
  const address = getsockname(fd, 110);
  return { server: adoptListener(fd), address };
}

export async function connectAdopted(
  address: Uint8Array,
  signal: AbortSignal = new AbortController().signal,
): Promise<Socket> {
  const fd = socket(AF_UNIX);
  await connectDescriptor(fd, address, signal);
  return adoptStream(fd);
}
