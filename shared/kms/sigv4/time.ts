import { KmsServiceError } from '../service-error.ts';
import { formatAmzDate } from './signature.ts';

/** When a request says it was signed. */
export interface RequestTime {
  /** `yyyymmddThhmmssZ` */
  readonly amzDate: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Which header says so. */
  readonly header: 'x-amz-date' | 'date';
}

/**
 * Reads the time of a request: `X-Amz-Date`, or where there is none, `Date`.
 *
 * @throws {KmsServiceError} IncompleteSignatureException
 */
export function parseRequestTime(
  xAmzDate: string | undefined,
  date: string | undefined,
): RequestTime {
  const text = xAmzDate ?? date;
  if (text === undefined) {
    throw incomplete(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  const header = xAmzDate === undefined ? 'date' : 'x-amz-date';
  const basic = parseBasicTime(text);
  if (basic !== undefined) return { amzDate: text, time: basic, header };
  const time = xAmzDate === undefined ? parseHttpDate(text) : undefined;
  if (time === undefined) {
    throw incomplete("Date must be in ISO-8601 'basic format', yyyymmddThhmmssZ.");
  }
  return { amzDate: formatAmzDate(time), time, header };
}

/**
 * Refuses a request that was signed too long ago, or is not to be signed yet.
 *
 * @throws {KmsServiceError} InvalidSignatureException
 */
export function checkRequestTime(
  { amzDate, time }: RequestTime,
  { now, skewSeconds }: { readonly now: number; readonly skewSeconds: number },
): void {
  const skew = skewSeconds * 1000;
  if (Math.abs(time - now) <= skew) return;
  const clock = formatAmzDate(now);
  const minutes = `${skewSeconds / 60} min.`;
  if (time < now) {
    throw new KmsServiceError(
      'InvalidSignatureException',
      `Signature expired: ${amzDate} is now earlier than ${formatAmzDate(now - skew)} (${clock} - ${minutes})`,
    );
  }
  throw new KmsServiceError(
    'InvalidSignatureException',
    `Signature not yet current: ${amzDate} is still later than ${formatAmzDate(now + skew)} (${clock} + ${minutes})`,
  );
}

function parseBasicTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Date.parse makes 2 March of 30 February: such a day does not come back the same.
  return Number.isNaN(time) || formatAmzDate(time) !== text ? undefined : time;
}

/** IMF-fixdate (RFC 9110, section 5.6.7), the form that HTTP senders must use. */
function parseHttpDate(text: string): number | undefined {
  const time = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(time) || new Date(time).toUTCString() !== text ? undefined : time;
}

function incomplete(message: string): KmsServiceError {
  return new KmsServiceError('IncompleteSignatureException', message);
}
