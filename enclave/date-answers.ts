import type { Server } from 'node:http';

/**
 * Has the answers of a server carry the time of `clock`, when the request came in, as their `Date`.
 *
 * Node's own is the kernel's time, which the parent has a hand in. AWS SDKs correct their clocks by
 * that header: they would sign by the parent's time what is checked by the secure module's.
 */
export function dateAnswers(server: Server, clock: () => number): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('date', new Date(clock()).toUTCString());
  });
  // Node answers an expectation that it does not know by itself: RFC 9110 lets a server ignore it.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
