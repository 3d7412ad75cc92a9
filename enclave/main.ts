import { once } from 'node:events';
import { createLogger } from '../shared/log.ts';
import { readEnclaveConfig } from './config.ts';
import { createEnclave, type Enclave } from './enclave.ts';

export interface RunEnclaveOptions {
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes one line, without its newline, when the enclave is up: `{"event":"ready"}`. */
  readonly stdout: (line: string) => void;
  /** Takes the log, line by line. */
  readonly stderr: (line: string) => void;
  readonly now: () => number;
  /** Aborted to stop the enclave. */
  readonly signal: AbortSignal;
  /** The application: it has the enclave until it resolves. Without one, until `signal`. */
  readonly application?: (enclave: Enclave) => Promise<void>;
}

/**
 * Runs an enclave's side as a process, until it is told to stop.
 *
 * @throws {ConfigError} CONFIG_*, PKI_*, SOFTWARE_NSM_OPTION
 * @throws {NsmError} NSM_DEVICE_*
 */
export async function runEnclave(options: RunEnclaveOptions): Promise<void> {
  const { env, now, signal, application } = options;
  const logger = createLogger({ component: 'enclave', sink: options.stderr, now });
  const config = await readEnclaveConfig(options.configPath);
  const monotonic = () => performance.now();
  const enclave = await createEnclave(config, { env, logger, now, monotonic });
  try {
    options.stdout(JSON.stringify({ event: 'ready' }));
    if (application !== undefined) await application(enclave);
    else await untilAborted(signal);
  } finally {
    enclave.close();
    logger.info('enclave down');
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  // An enclave that waits has no socket open that would keep the process.
  const keepAlive = setInterval(() => undefined, LONGEST_INTERVAL_MS);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    clearInterval(keepAlive);
  }
}

const LONGEST_INTERVAL_MS = 2 ** 31 - 1;
