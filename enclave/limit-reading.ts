import type { FastifyInstance } from 'fastify';
import { whenOver } from './when-over.ts';

/**
 * Cuts connections whose answers nobody reads: Node bounds how long a request may take to come in,
 * and not how long an answer may take to go out.
 */
export function limitReading(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    // One that stands in line behind others of its connection has no socket yet, and waits its turn.
    const unread = setInterval(() => reply.raw.socket?.destroy(), timeoutMs).unref();
    whenOver(reply.raw, request.raw.socket, () => clearInterval(unread));
    done();
  });
}
