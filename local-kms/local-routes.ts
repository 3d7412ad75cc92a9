import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { isLoopbackAddress, isLoopbackHost, parseHostHeader } from '../shared/loopback.ts';
import { faultList } from './faults/fault.ts';
import type { Faults } from './faults/faults.ts';
import type { DecisionLog } from './request/decisions.ts';

/**
 * What this server tells and takes beside KMS, under `/_local`, of somebody at this machine only:
 * why a request was allowed or refused, and what is to go wrong.
 */
export function addLocalRoutes(
  app: FastifyInstance,
  { decisions, faults }: { readonly decisions: DecisionLog; readonly faults: Faults },
): void {
  app.register(
    async (local) => {
      local.addHook('onRequest', async (request, reply) => {
        if (!isFromHere(request.raw)) reply.callNotFound();
      });

      local.get<{ Params: { requestId: string } }>('/decisions/:requestId', (request, reply) => {
        const record = decisions.get(request.params.requestId);
        return record === undefined ? reply.callNotFound() : reply.send(record);
      });

      local.get('/faults', (_request, reply) => reply.send({ faults: faults.list() }));

      local.put('/faults', (request, reply) => {
        const parsed = faultList.safeParse(parseFaults(request.body));
        if (!parsed.success) {
          const { message, path } = parsed.error.issues[0] ?? { message: 'not valid', path: [] };
          return reply.code(400).send({ message: `faults.${path.join('.')}: ${message}` });
        }
        faults.replace(parsed.data);
        return reply.send({ faults: faults.list() });
      });
    },
    { prefix: '/_local' },
  );
}

function parseFaults(body: unknown): unknown {
  try {
    const value: unknown = JSON.parse(
      body instanceof Uint8Array ? Buffer.from(body).toString() : '',
    );
    return typeof value === 'object' && value !== null && 'faults' in value ? value.faults : value;
  } catch {
    return undefined;
  }
}

/**
 * Whether somebody at this machine asks, and no web page for them: a page of another site sends its
 * Origin, and one that had its name resolve to this machine (DNS rebinding) sends that name as Host.
 */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  return (
    isLoopbackAddress(socket.remoteAddress ?? '') &&
    isLoopbackHost(parseHostHeader(headers.host) ?? '') &&
    headers.origin === undefined
  );
}
