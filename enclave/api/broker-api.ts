import { createServer } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { TransportError } from '../../shared/errors.ts';
import type { Address } from '../../shared/vsock/index.ts';
import type { ClientAttester } from '../attestation/index.ts';
import { limitConnections } from '../connections.ts';
import { dateAnswers } from '../date-answers.ts';
import { limitReading } from '../limit-reading.ts';
import { listenInside } from '../listen-inside.ts';
import type { Readiness } from '../readiness.ts';
import { createApiApp } from './app.ts';
import { addAttestation, attestationRoute } from './attestation.ts';
import { addDeriveKey, type DeriveKeyRouteOptions } from './derive-key.ts';
import { deriveKeyRoute } from './derive-key-route.ts';
import { addHealth, healthRoute, readinessRoute } from './health.ts';
import { addMetrics, type MetricsText, metricsRoute } from './metrics-route.ts';
import type { ApiRoute } from './route.ts';

/** Every path of the API inside the enclave. */
export const BROKER_API_ROUTES: readonly ApiRoute[] = [
  deriveKeyRoute,
  attestationRoute,
  healthRoute,
  readinessRoute,
  metricsRoute,
];

export interface BrokerApiOptions extends Omit<DeriveKeyRouteOptions, 'connections'> {
  /** Loopback or a Unix socket. */
  readonly listen: Address;
  readonly attester: ClientAttester;
  readonly readiness: Pick<Readiness, 'report'>;
  readonly metrics: DeriveKeyRouteOptions['metrics'] & MetricsText;
  /** The trusted clock: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** For a whole request to come in, and for its answer to be read; 10 s each unless given. */
  readonly requestTimeoutMs?: number;
  /** For requests under way to end, when the API closes; 10 s unless given. */
  readonly closeGraceMs?: number;
}

export interface Api {
  /** As bound. */
  readonly address: Address;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
const MAX_HEADER_BYTES = 8192;
const CONNECTIONS_PER_CALL = 4;

/**
 * Serves programs in the enclave: keys derived from shared secrets to callers that sign, and to
 * anyone there documents for clients, health, readiness and metrics.
 *
 * A request that a web page could have made is refused.
 *
 * @throws {TransportError} TRANSPORT_ADDRESS_*
 */
export async function startBrokerApi(options: BrokerApiOptions): Promise<Api> {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS, closeGraceMs = CLOSE_GRACE_MS } = options;
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
  dateAnswers(server, options.clock);
  const connections = limitConnections(server, options.maxConcurrent * CONNECTIONS_PER_CALL);
  const app = createApiApp({ server, logger: options.logger });
  refuseWebPages(app);
  limitReading(app, requestTimeoutMs);
  addDeriveKey(app, { ...options, connections });
  addAttestation(app, { attester: options.attester, purpose: 'enclave' });
  addHealth(app, { readiness: options.readiness, messages: 'given' });
  addMetrics(app, options.metrics);

  let address: Address;
  try {
    address = await listenInside(app, options.listen);
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    address,
    async close() {
      // A server that closes does not watch its time limits any more.
      const grace = setTimeout(() => server.closeAllConnections(), closeGraceMs);
      await app.close();
      clearTimeout(grace);
    },
  };
}

function refuseWebPages(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    if (headers.origin !== undefined) {
      throw new TransportError('TRANSPORT_FOREIGN_REQUEST', 'web pages are not served');
    }
  });
}
