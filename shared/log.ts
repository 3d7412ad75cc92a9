import { BrokerError } from './errors.ts';

/** A field of a log line. Bytes and secrets have no place here, so the type does not admit them. */
export type LogField = string | number | boolean | null | undefined;
export type LogFields = Readonly<Record<string, LogField>>;
export type LogLevel = 'info' | 'warn' | 'error';

export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  /** Which process or part speaks, for example `parent` or `local-kms`. */
  readonly component: string;
  /** Takes one line without its newline. */
  readonly sink: (line: string) => void;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** A logger of JSON lines: `time`, `level`, `component`, `event`, then the fields in their order. */
export function createLogger(options: LoggerOptions): Logger {
  const write = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    const time = new Date(options.now()).toISOString();
    options.sink(JSON.stringify({ time, level, component: options.component, event, ...fields }));
  };
  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}

/** A logger that says nothing, for tests and for library users who want none. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/** What may be logged of a failure: its code and message if it is ours, else only its name. */
export function errorFields(error: unknown): LogFields {
  if (error instanceof BrokerError) return { code: error.code, message: error.message };
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return { code: typeof code === 'string' ? code : error.name };
  }
  return { code: 'UNKNOWN' };
}
