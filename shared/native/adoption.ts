import { createServer, type Server, Socket } from 'node:net';
import { AF_UNIX, bind, close, dup3, listen, setNonBlocking, socket, socketpair } from './libc.ts';

/**
 * Descriptors that Node would refuse, made into ordinary `net.Socket`s and `net.Server`s.
 *
 * Node asks what kind a descriptor is when it takes it, and knows no AF_VSOCK. So it is given a Unix
 * socket, and then, in the same tick, `dup3` puts the stream of our choice under that number: libuv
 * registers the number with epoll only when it polls next, and reads and writes with plain read(2),
 * writev(2), accept4(2) and shutdown(2), which serve every kind of stream socket.
 *
 * This is the one file that uses `_handle.fd`, which Node does not document.
 */

/**
 * A half-open-capable socket over a connected stream descriptor.
 *
 * Owns `fd` from the call on: it is closed with the socket, and also if this throws.
 */
export function adoptStream(fd: number): Socket {
  try {
    setNonBlocking(fd);
    const [near, far] = socketpair();
    close(far);
    const stream = new Socket({ fd: near, readable: true, writable: true, allowHalfOpen: true });
    try {
      dup3(fd, near);
    } catch (error) {
      stream.destroy();
      throw error;
    }
    return stream;
  } finally {
    close(fd);
  }
}

/**
 * A server over a descriptor that is bound and listening.
 *
 * Owns `fd` from the call on: it is closed with the server, and also if this throws. `listening` is
 * emitted as ever, so the caller can wait for it. The backlog is the one `fd` was given.
 */
export function adoptListener(fd: number): Server {
  try {
    setNonBlocking(fd);
    const placeholder = socket(AF_UNIX);
    const server = createServer({ allowHalfOpen: true });
    try {
      bind(placeholder, AUTOBIND);
      listen(placeholder, 1);
    } catch (error) {
      close(placeholder);
      throw error;
    }
    server.listen({ fd: placeholder, exclusive: true });
    try {
      dup3(fd, placeholder);
    } catch (error) {
      server.close();
      throw error;
    }
    return server;
  } finally {
    close(fd);
  }
}

/** The descriptor under a socket that is open, or undefined once it was closed. */
export function descriptorOf(stream: Socket): number | undefined {
  const { _handle: handle } = stream as unknown as { _handle: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}

/** An address of the family alone: Linux then picks a free name in the abstract namespace. */
const AUTOBIND = new Uint8Array([AF_UNIX, 0]);
