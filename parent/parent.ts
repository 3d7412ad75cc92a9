import { errorFields, type Logger } from '../shared/log.ts';
import type { Address } from '../shared/vsock/index.ts';
import type { CredentialsConfig, LogsConfig, ParentConfig } from './config.ts';
import { createFileSource } from './credentials/file.ts';
import { createImdsSource } from './credentials/imds.ts';
import { createCredentialsListener } from './credentials/listener.ts';
import type { CredentialsSource } from './credentials/source.ts';
import { createLogListener } from './logs/listener.ts';
import { createLineSink, type LogSink, openLogFile } from './logs/sink.ts';
import type { Destination } from './proxy/allowlist.ts';
import { createForwarder } from './proxy/forwarder.ts';

export interface Parent {
  /** As bound, in the order of the configuration. */
  readonly proxy: readonly { readonly address: Address; readonly remote: Destination }[];
  readonly credentials: Address | undefined;
  readonly logs: Address | undefined;
  /** Takes no more connections, ends those that are open, and removes socket files. */
  close(): Promise<void>;
}

/**
 * Brings up every forwarder and listener: all of them, or none.
 *
 * @throws {ConfigError} ALLOWLIST_DENIED, LOG_FILE
 * @throws {TransportError} TRANSPORT_* when an address cannot be listened on
 */
export async function createParent(
  config: ParentConfig,
  options: {
    readonly logger: Logger;
    readonly now: () => number;
    /** Takes the log lines of enclaves, where the configuration has them go to standard output. */
    readonly stdout: (line: string) => void;
  },
): Promise<Parent> {
  const { logger, now, stdout } = options;
  const { allowlist, limits } = config;
  const started: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map((part) => part.close()));
  };
  const start = async <Part extends { close(): Promise<void> }>(
    starting: Promise<Part>,
  ): Promise<Part> => {
    const part = await starting;
    started.push(part);
    return part;
  };

  try {
    const proxy: { address: Address; remote: Destination }[] = [];
    for (const { listen, remote, cids } of config.proxy) {
      const forwarder = await start(
        createForwarder({ listen, remote, cids, allowlist, limits, logger, now }),
      );
      proxy.push({ address: forwarder.address, remote });
    }
    let credentials: Address | undefined;
    if (config.credentials !== undefined) {
      const source = createSource(config.credentials.source, now);
      const { listen, cids } = config.credentials;
      const listener = await start(createCredentialsListener({ listen, cids, source, logger }));
      credentials = listener.address;
    }
    let logs: Address | undefined;
    if (config.logs !== undefined) {
      const { listen, cids, to } = config.logs;
      const sink = await openSink(to, { logger, stdout });
      const listener = await start(createLogListener({ listen, cids, sink, logger, now }));
      logs = listener.address;
    }
    return { proxy, credentials, logs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createSource(config: CredentialsConfig['source'], now: () => number): CredentialsSource {
  return config.kind === 'static'
    ? createFileSource({ path: config.file, now })
    : createImdsSource({ endpoint: config.endpoint, timeoutMs: config.timeoutMs, now });
}

async function openSink(
  to: LogsConfig['to'],
  { logger, stdout }: { readonly logger: Logger; readonly stdout: (line: string) => void },
): Promise<LogSink> {
  if (to.kind === 'stdout') return createLineSink(stdout);
  return openLogFile(to.file, {
    onFailed: (error) => logger.error('log file failed', errorFields(error)),
  });
}
