import type { FastifyInstance } from 'fastify';
import { ConfigError, type TransportError } from '../shared/errors.ts';
import {
  type Address,
  explainOccupiedPath,
  formatAddress,
  listenFailure,
} from '../shared/vsock/index.ts';

/**
 * Has an HTTP server listen for programs in the enclave, on loopback or a Unix socket.
 *
 * Anyone may connect to the Unix socket, as to a port of loopback: whoever listens asks for
 * signatures. A socket file that stands there already is never removed.
 *
 * @returns the address as bound.
 * @throws {TransportError} TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_LEFTOVER,
 *   TRANSPORT_ADDRESS_UNAVAILABLE, TRANSPORT_FAILED
 * @throws {ConfigError} CONFIG_INVALID for a vsock address
 */
export async function listenInside(app: FastifyInstance, address: Address): Promise<Address> {
  if (address.kind === 'vsock') {
    throw new ConfigError('CONFIG_INVALID', `${formatAddress(address)} is not inside the enclave`);
  }
  try {
    await app.listen(
      address.kind === 'unix'
        ? { path: address.path, readableAll: true, writableAll: true }
        : { host: address.host, port: address.port, exclusive: true },
    );
  } catch (error) {
    throw await explain(address, error);
  }
  const bound = app.server.address();
  return address.kind === 'tcp' && typeof bound === 'object' && bound !== null
    ? { ...address, port: bound.port }
    : address;
}

async function explain(address: Address, error: unknown): Promise<TransportError> {
  return address.kind === 'unix' && (error as { code?: unknown }).code === 'EADDRINUSE'
    ? explainOccupiedPath(address.path)
    : listenFailure(formatAddress(address), error);
}
