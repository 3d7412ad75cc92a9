import { FormatError } from '../errors.ts';
import { type BerNode, universalTag } from './node.ts';

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

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
  // The length is checked first: the text must not grow with a hostile input.
  if (node.contents.length !== (short ? 13 : 15)) throw malformed(name);
  const text = String.fromCharCode(...node.contents);
  const fields = (short ? UTC_TIME : GENERALIZED_TIME).exec(text)?.slice(1).map(Number);
  if (fields === undefined) throw malformed(name);

  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const year = short ? written + (written < 50 ? 2000 : 1900) : written;
  if (!short && year < 2050) throw malformed(name);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC carries 30 February and the 60th second over instead of refusing them.
  const canonical = new Date(time).toISOString().replace(/[-:T]|\.000/g, '');
  if (!canonical.endsWith(text)) throw malformed(name);
  return time;
}

function malformed(name: string): FormatError {
  return new FormatError('ASN1_SYNTAX', `${name}: not a time in the form of RFC 5280`);
}
