import { createLogger, type Logger } from '../../shared/log.ts';
import type { EnclaveConfig } from '../config.ts';
import type { EnclaveMetrics } from '../metrics.ts';
import { allowFields } from './allowed-fields.ts';
import { type LogStream, openLogStream } from './log-stream.ts';

/** Where the process of an enclave logs. */
export interface EnclaveLog {
  readonly logger: Logger;
  /** Waits, for a moment, until what was logged is on its way. */
  close(): Promise<void>;
}

/**
 * Opens the ways out for log lines: standard error, and the parent if the configuration names an
 * address for it. In development, standard error gets every field; anywhere else go the fields that
 * {@link allowFields} lets out.
 */
export function openEnclaveLog(options: {
  readonly config: Pick<EnclaveConfig, 'profile' | 'logs'>;
  /** Takes one line without its newline. */
  readonly stderr: (line: string) => void;
  readonly now: () => number;
  readonly metrics: Pick<EnclaveMetrics, 'logDropped'>;
}): EnclaveLog {
  const { config, stderr, now, metrics } = options;
  const console = createLogger({ component: 'enclave', sink: stderr, now });
  const loggers = [config.profile === 'development' ? console : allowFields(console)];
  let stream: LogStream | undefined;
  if (config.logs !== undefined) {
    stream = openLogStream({ to: config.logs.to, onDropped: () => metrics.logDropped() });
    loggers.push(allowFields(createLogger({ component: 'enclave', sink: stream.write, now })));
  }
  return {
    logger: toAll(loggers),
    async close() {
      await stream?.close();
    },
  };
}

function toAll(loggers: readonly Logger[]): Logger {
  return {
    info(event, fields) {
      for (const logger of loggers) logger.info(event, fields);
    },
    warn(event, fields) {
      for (const logger of loggers) logger.warn(event, fields);
    },
    error(event, fields) {
      for (const logger of loggers) logger.error(event, fields);
    },
  };
}
