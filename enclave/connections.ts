import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createPlaces, type Place } from './places.ts';

/** The connections of a server. */
export interface Connections {
  /**
   * Keeps a connection from being cut in favour of another one.
   *
   * @returns what ends that.
   */
  keep(socket: Socket): () => void;
}

/**
 * Bounds the connections of a server: one too many cuts the one that has waited longest without a
 * call under way. Refused instead, as `maxConnections` does it, whoever may connect could keep all
 * others out by connecting and doing nothing.
 */
export function limitConnections(server: Server, count: number): Connections {
  const places = createPlaces(count);
  const placeOf = new WeakMap<Socket, Place>();
  server.on('connection', (socket: Socket) => {
    const place = places.take(() => socket.destroy());
    if (place === undefined) {
      socket.destroy();
      return;
    }
    placeOf.set(socket, place);
    socket.once('close', place.leave);
  });
  return { keep: (socket) => placeOf.get(socket)?.keep() ?? (() => undefined) };
}
