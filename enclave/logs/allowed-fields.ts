import type { LogField, LogFields, Logger, LogLevel } from '../../shared/log.ts';

/**
 * What may leave the enclave in a log line: names, codes, counts and times. Free text may not, though
 * messages are made of public facts: nobody can vouch for every library that ends in one.
 */
export const ALLOWED_FIELDS: ReadonlySet<string> = new Set([
  'caller',
  'check',
  'code',
  'configHash',
  'count',
  'host',
  'key',
  'listen',
  'milliseconds',
  'name',
  'offsetMs',
  'ok',
  'operation',
  'outcome',
  'path',
  'profile',
  'reason',
  'requestId',
  'service',
  'status',
]);

/** A name, a code, an ARN or an address is shorter, and has no white space. */
const PLAIN_TEXT = /^[\x21-\x7e]{1,256}$/;

/**
 * A logger that lets only listed fields out, and of those only plain values. How many fields of a
 * line were left out stands in it as `leftOut`.
 */
export function allowFields(logger: Logger): Logger {
  const write =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      const given = Object.entries(fields).filter(([, value]) => value !== undefined);
      const allowed = given.filter(([name, value]) => ALLOWED_FIELDS.has(name) && isPlain(value));
      const leftOut = given.length - allowed.length;
      logger[level](event, {
        ...Object.fromEntries(allowed),
        ...(leftOut === 0 ? {} : { leftOut }),
      });
    };
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

function isPlain(value: LogField): boolean {
  return typeof value !== 'string' || PLAIN_TEXT.test(value);
}
