import { once } from 'node:events';
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { TransportError } from '../../shared/errors.ts';
import { type Address, connect } from '../../shared/vsock/index.ts';

export interface TlsAgentOptions {
  /** Where the parent listens and forwards to KMS. */
  readonly proxy: Address;
  /** The name that the server's certificate must carry: from the measured configuration. */
  readonly host: string;
  /** PEM roots to trust, and no others. */
  readonly roots: readonly string[];
  readonly timeoutMs: number;
}

/**
 * An HTTPS agent whose connections go through the parent's proxy and whose TLS ends here.
 *
 * The server's authentication is the whole defence against a forged answer, so nothing outside of
 * these options has a say in it: not the environment, not the request, not Node's defaults.
 */
export class TlsAgent extends Agent {
  readonly #options: TlsAgentOptions;

  constructor(options: TlsAgentOptions) {
    super({ keepAlive: true, maxSockets: 16 });
    this.#options = options;
  }

  /** Called by node:http for each new connection; answers through the callback. */
  override createConnection(
    _request: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    openTls(this.#options).then(
      (socket) => done?.(null, socket),
      // On an error node:http looks at the first argument alone.
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    );
  }
}

/** @throws {TransportError} TLS_REFUSED, TRANSPORT_TIMEOUT, or what `connect` throws. */
async function openTls(options: TlsAgentOptions): Promise<TLSSocket> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  const stream = await connect(options.proxy, { timeoutMs: options.timeoutMs });
  const socket = connectTls({
    socket: stream,
    servername: options.host,
    ca: [...options.roots],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  try {
    await once(socket, 'secureConnect', { signal });
    // The stream below may be half open, and so would this one be. KMS ends connections that are idle:
    // a request on such a one would never be answered.
    socket.once('end', () => socket.end());
    return socket;
  } catch (error) {
    socket.destroy();
    throw tlsFailure(error, options, signal);
  }
}

function tlsFailure(error: unknown, options: TlsAgentOptions, signal: AbortSignal): TransportError {
  if (signal.aborted) {
    return new TransportError(
      'TRANSPORT_TIMEOUT',
      `no TLS connection to ${options.host} within ${options.timeoutMs} ms`,
    );
  }
  const reason = String((error as { code?: unknown }).code ?? 'unknown');
  return new TransportError(
    'TLS_REFUSED',
    `the server behind the parent is not ${options.host} by the trusted roots (${reason})`,
    { details: { host: options.host, reason } },
  );
}
