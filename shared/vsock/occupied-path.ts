import { lstat } from 'node:fs/promises';
import { TransportError } from '../errors.ts';
import { connect } from './connect.ts';

/** Why a Unix socket cannot be bound to `path`, where something stands already. */
export async function explainOccupiedPath(path: string): Promise<TransportError> {
  const details = { path };
  const isSocket = await lstat(path).then(
    (stats) => stats.isSocket(),
    () => false,
  );
  if (!isSocket) {
    return new TransportError(
      'TRANSPORT_ADDRESS_IN_USE',
      `cannot listen on unix:${path}: a file that is not a socket stands there`,
      { details },
    );
  }
  if (await isRefused(path)) {
    return new TransportError(
      'TRANSPORT_ADDRESS_LEFTOVER',
      `cannot listen on unix:${path}: a socket file that nobody answers on stands there, left by a process that did not stop in order; remove it with: rm ${quote(path)}`,
      { details },
    );
  }
  return new TransportError(
    'TRANSPORT_ADDRESS_IN_USE',
    `cannot listen on unix:${path}: another process answers there`,
    { details },
  );
}

/** Whoever does not plainly refuse counts as alive: a full backlog, a file that is not for us. */
async function isRefused(path: string): Promise<boolean> {
  try {
    const socket = await connect({ kind: 'unix', path }, { timeoutMs: PROBE_MS });
    socket.destroy();
    return false;
  } catch (error) {
    return error instanceof TransportError && error.details.reason === 'ECONNREFUSED';
  }
}

/** As one word of a POSIX shell. */
function quote(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

const PROBE_MS = 500;
