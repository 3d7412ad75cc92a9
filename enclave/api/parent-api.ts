import { createServer } from 'node:http';
import type { Logger } from '../../shared/log.ts';
import type { Address } from '../../shared/vsock/index.ts';
import type { ClientAttester } from '../attestation/index.ts';
import type { Readiness } from '../readiness.ts';
import { createApiApp } from './app.ts';
import { addAttestation, attestationRoute } from './attestation.ts';
import type { Api } from './broker-api.ts';
import { addHealth, healthRoute, readinessRoute } from './health.ts';
import { addMetrics, type MetricsText, metricsRoute } from './metrics-route.ts';
import type { ApiRoute } from './route.ts';
import { serveConnections } from './serve-connections.ts';

/** Every path of the API towards the parent. */
export const PARENT_API_ROUTES: readonly ApiRoute[] = [
  attestationRoute,
  healthRoute,
  readinessRoute,
  metricsRoute,
];

export interface ParentApiOptions {
  /** A vsock address, or another one in development. */
  readonly listen: Address;
  readonly attester: ClientAttester;
  readonly readiness: Pick<Readiness, 'report'>;
  readonly metrics: MetricsText;
  readonly logger: Logger;
  /** For a whole exchange, from the end of the one before; 30 s unless given. */
  readonly exchangeTimeoutMs?: number;
  /** For exchanges under way to end, when the API closes; 10 s unless given. */
  readonly closeGraceMs?: number;
}

const EXCHANGE_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;
const MAX_HEADER_BYTES = 8192;
const MAX_CONNECTIONS = 64;

/**
 * Serves the parent, and whoever it forwards, which it may do to anyone: documents for clients,
 * health, readiness without messages, and metrics.
 *
 * Its options hold nothing that could reach a key.
 *
 * @throws {TransportError} TRANSPORT_ADDRESS_*, TRANSPORT_VSOCK_UNAVAILABLE
 */
export async function startParentApi(options: ParentApiOptions): Promise<Api> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS });
  const app = createApiApp({ server, logger: options.logger });
  addAttestation(app, { attester: options.attester, purpose: 'client' });
  addHealth(app, { readiness: options.readiness, messages: 'withheld' });
  addMetrics(app, options.metrics);
  await app.ready();
  const connections = await serveConnections(server, {
    listen: options.listen,
    maxConnections: MAX_CONNECTIONS,
    exchangeTimeoutMs: options.exchangeTimeoutMs ?? EXCHANGE_TIMEOUT_MS,
    closeGraceMs: options.closeGraceMs ?? CLOSE_GRACE_MS,
  });
  return {
    address: connections.address,
    async close() {
      await connections.close();
      await app.close();
    },
  };
}
