import { BrokerError } from '../shared/errors.ts';
import { errorFields, type Logger } from '../shared/log.ts';
import { disposeLiveSecrets } from '../shared/secret.ts';
import { createPrometheusMetrics } from './api/index.ts';
import { readEnclaveConfig } from './config.ts';
import { createEnclave, type Enclave } from './enclave.ts';
import { openEnclaveLog } from './logs/loggers.ts';

/** How the process ends of an error that nobody expected (EX_SOFTWARE of sysexits.h). */
export const EXIT_CRASHED = 70;

export interface RunEnclaveOptions {
  readonly configPath: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes one line, without its newline, when the enclave is ready: `{"event":"ready"}`. */
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
 * Runs an enclave's side as a process, until it is told to stop; then it drains.
 *
 * An error that is none of this product's, from wherever in the process, wipes and ends it with
 * {@link EXIT_CRASHED}. Of such an error only code and name are said: its message may quote anything.
 *
 * @throws {ConfigError} CONFIG_*, PKI_*, SOFTWARE_NSM_OPTION
 * @throws {NsmError} NSM_DEVICE_*
 * @throws {ReadinessError} READY_*
 */
export async function runEnclave(options: RunEnclaveOptions): Promise<void> {
  const { env, now, signal, application } = options;
  const config = await readEnclaveConfig(options.configPath);
  const metrics = createPrometheusMetrics({ callers: config.callers.map(({ name }) => name) });
  const log = openEnclaveLog({ config, stderr: options.stderr, now, metrics });
  const { logger } = log;

  let enclave: Enclave | undefined;
  const crash = (error: unknown): never => endAfterCrash(error, enclave, logger);
  // An unhandled rejection comes here as well.
  process.on('uncaughtException', crash);
  // An enclave that waits has no socket open that would keep the process.
  const keepAlive = setInterval(() => undefined, LONGEST_INTERVAL_MS);
  try {
    const monotonic = () => performance.now();
    enclave = await createEnclave(config, {
      ...{ env, logger, now, monotonic, random: Math.random, metrics },
    });
    const stopped = whenAborted(signal);
    if (await Promise.race([enclave.ready, stopped])) {
      options.stdout(JSON.stringify({ event: 'ready' }));
      await (application === undefined ? stopped : application(enclave));
    }
  } catch (error) {
    if (!(error instanceof BrokerError)) crash(error);
    logger.error('enclave failed', errorFields(error));
    throw error;
  } finally {
    await enclave?.close();
    logger.info('enclave down');
    await log.close();
    clearInterval(keepAlive);
    process.off('uncaughtException', crash);
  }
}

/** First the wiping, which must not fail for want of a place to log to. */
function endAfterCrash(error: unknown, enclave: Enclave | undefined, logger: Logger): never {
  try {
    disposeLiveSecrets();
    enclave?.wipe();
    const name = error instanceof Error ? error.name : typeof error;
    logger.error('crashed', { code: errorFields(error).code, name });
  } finally {
    process.exit(EXIT_CRASHED);
  }
}

function whenAborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false));
  });
}

const LONGEST_INTERVAL_MS = 2 ** 31 - 1;
