import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What waits for the end of each connection: one listener on it, however many requests it brings. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back once: when the answer has been given, or its connection has ended.
 *
 * Node does not tell of the end of an answer that stands in line behind others of its connection.
 */
export function whenOver(response: ServerResponse, socket: Socket, callback: () => void): void {
  if (socket.closed) {
    callback();
    return;
  }
  const callbacks = waiting.get(socket) ?? watch(socket);
  const end = (): void => {
    if (callbacks.delete(end)) callback();
  };
  callbacks.add(end);
  response.once('close', end);
}

function watch(socket: Socket): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(socket, callbacks);
  socket.once('close', () => {
    for (const end of callbacks) end();
  });
  return callbacks;
}
