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
  const { contents } = node;
  const short = node.tag === universalTag.UTCTime;
  if (contents.length !== (short ? 13 : 15) || contents.at(-1) !== ZULU) throw malformed(name);
  const years = short ? 0 : 2;
  const century = short ? centuryOf(readPair(contents, 0, name)) : readPair(contents, 0, name);
  const year = century * 100 + readPair(contents, years, name);
  const month = readPair(contents, years + 2, name);
  const day = readPair(contents, years + 4, name);
  const hour = readPair(contents, years + 6, name);
  const minute = readPair(contents, years + 8, name);
  const second = readPair(contents, years + 10, name);
  if (!short && year < 2050) throw malformed(name);
  // Date.UTC carries 30 February and the 60th second over instead of refusing them.
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw malformed(name);
  if (hour > 23 || minute > 59 || second > 59) throw malformed(name);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** RFC 5280 section 4.1.2.5.1: two digits of a year stand for 1950 to 2049. */
function centuryOf(years: number): number {
  return years < 50 ? 20 : 19;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
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
