import { once } from 'node:events';
import { createLogger } from '../shared/log.ts';
import { formatAddress } from '../shared/vsock/index.ts';
import { readParentConfig } from './config.ts';
import { createParent } from './parent.ts';
import { formatDestination } from './proxy/allowlist.ts';

export interface RunParentOptions {
  readonly configPath: string;
  /**
   * Takes one line, without its newline, when every address answers: `{"event":"ready",...}`. After
   * that, the log lines of enclaves, if the configuration has them go there.
   */
  readonly stdout: (line: string) => void;
  /** Takes the log, line by line. */
  readonly stderr: (line: string) => void;
  readonly now: () => number;
  /** Aborted to stop the parent. */
  readonly signal: AbortSignal;
}

/**
 * Runs the parent until it is told to stop, and resolves when all of it has stopped.
 *
 * @throws {ConfigError} CONFIG_*, ALLOWLIST_*
 * @throws {TransportError} TRANSPORT_* when an address cannot be listened on
 */
export async function runParent(options: RunParentOptions): Promise<void> {
  const { stdout, stderr: sink, now, signal } = options;
  const logger = createLogger({ component: 'parent', sink, now });
  const config = await readParentConfig(options.configPath);
  const parent = await createParent(config, { logger, now, stdout });
  try {
    stdout(
      JSON.stringify({
        event: 'ready',
        proxy: parent.proxy.map(({ address, remote }) => ({
          listen: formatAddress(address),
          remote: formatDestination(remote),
        })),
        credentials: parent.credentials && formatAddress(parent.credentials),
        logs: parent.logs && formatAddress(parent.logs),
      }),
    );
    if (!signal.aborted) await once(signal, 'abort');
    logger.info('stopping');
  } finally {
    await parent.close();
  }
  logger.info('stopped');
}
