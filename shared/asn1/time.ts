import { FormatError } from '../errors.ts';
import { type BerNode, universalTag } from './asn1-node.ts';

const ZULU = 0x5a;
const ZERO = 0x30;

/**
 * A Time in the two forms of RFC 5280 section 4.1.2.5, as milliseconds since the Unix epoch.
 *
 * UTCTime serves the years 1950 to 2049 and GeneralizedTime those after; both to the second, in
 * Zulu. A date that the calendar does not have is refused.
 *
 * @throws {FormatError} ASN1_UNEXPECTED, ASN1_SYNTAX
 */
export function readTime(node: BerNode | undefined, name: string): number {
  const isTime =
    node?.tagClass === 'universal' &&
    (node.tag === universalTag.UTCTime || node.tag === universalTag.GeneralizedTime);
  if (!isTime || node.constructed) {
    throw new FormatError('ASN1_UNEXPECTED', `${name}: expected UTCTime or GeneralizedTime`);
  }
  const short = node.tag === universalTag.UTCTime;
  const digits = node.contents.subarray(0, -1);
  // The length is checked before anything grows with a hostile input.
  if (node.contents.length !== (short ? 13 : 15) || node.contents.at(-1) !== ZULU) {
    throw malformed(name);
  }
  const pairs = readPairs(digits, name);
  const [century = 0, ...rest] = short ? [centuryOf(pairs[0] ?? 0), ...pairs] : pairs;
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest;
  const year = century * 100 + years;
  if (!short && year < 2050) throw malformed(name);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 30 February and the 60th second over instead of refusing them.
  const date = new Date(time);
  const kept =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!kept) throw malformed(name);
  return time;
}

/** RFC 5280 section 4.1.2.5.1: two digits of a year stand for 1950 to 2049. */
function centuryOf(years: number): number {
  return years < 50 ? 20 : 19;
}

/** ASCII digits, two for each number. */
function readPairs(digits: Uint8Array, name: string): readonly number[] {
  const pairs: number[] = [];
  for (let index = 0; index < digits.length; index += 2) {
    const tens = (digits[index] as number) - ZERO;
    const ones = (digits[index + 1] as number) - ZERO;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw malformed(name);
    pairs.push(tens * 10 + ones);
  }
  return pairs;
}

function malformed(name: string): FormatError {
  return new FormatError('ASN1_SYNTAX', `${name}: not a time in the form of RFC 5280`);
}
