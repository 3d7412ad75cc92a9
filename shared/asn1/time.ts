import { FormatError } from '../errors.ts';

const ZULU = 0x5a;
const ZERO = 0x30;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

// The two forms of a Time in RFC 5280 section 4.1.2.5, both to the second and in Zulu, from contents that
// stand from `start` to `end`. A date that the calendar does not have is refused.

/**
 * Milliseconds since the Unix epoch of a UTCTime, which serves the years 1950 to 2049.
 *
 * @throws {FormatError} ASN1_SYNTAX
 */
export function utcTimeOf(bytes: Uint8Array, start: number, end: number, name: string): number {
  if (end - start !== 13) throw malformed(name);
  const years = readPair(bytes, start, name);
  return timeInYear((years < 50 ? 2000 : 1900) + years, bytes, start + 2, name);
}

/**
 * Milliseconds since the Unix epoch of a GeneralizedTime, which serves the years from 2050.
 *
 * @throws {FormatError} ASN1_SYNTAX
 */
export function generalizedTimeOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
): number {
  if (end - start !== 15) throw malformed(name);
  const year = readPair(bytes, start, name) * 100 + readPair(bytes, start + 2, name);
  if (year < 2050) throw malformed(name);
  return timeInYear(year, bytes, start + 4, name);
}

/** From the month, which stands at `at`, to the Z. */
function timeInYear(year: number, bytes: Uint8Array, at: number, name: string): number {
  const month = readPair(bytes, at, name);
  const day = readPair(bytes, at + 2, name);
  const hour = readPair(bytes, at + 4, name);
  const minute = readPair(bytes, at + 6, name);
  const second = readPair(bytes, at + 8, name);
  if (bytes[at + 10] !== ZULU) throw malformed(name);
  // Date.UTC carries 30 February and the 60th second over instead of refusing them.
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw malformed(name);
  if (hour > 23 || minute > 59 || second > 59) throw malformed(name);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS[month - 1] as number);
}

/** The number that two ASCII digits stand for. */
function readPair(digits: Uint8Array, at: number, name: string): number {
  const tens = (digits[at] as number) - ZERO;
  const ones = (digits[at + 1] as number) - ZERO;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw malformed(name);
  return tens * 10 + ones;
}

function malformed(name: string): FormatError {
  return new FormatError('ASN1_SYNTAX', `${name}: not a time in the form of RFC 5280`);
}
