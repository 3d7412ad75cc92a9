import { Buffer } from 'node:buffer';
import { BlockList, isIP } from 'node:net';
import { compileWildcard } from './wildcard.ts';

/** The test that one value of a policy makes of one value of a request, which may be anything. */
export type ValueTest = (actual: string) => boolean;

/** @returns undefined for a text that no policy may hold here. */
export type Comparison = (expected: string) => ValueTest | undefined;

export const comparisons = {
  StringEquals: (expected) => (actual) => actual === expected,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: compileWildcard,
  NumericEquals: scalar(parseNumber, (expected, actual) => actual === expected),
  NumericLessThan: scalar(parseNumber, (expected, actual) => actual < expected),
  NumericLessThanEquals: scalar(parseNumber, (expected, actual) => actual <= expected),
  NumericGreaterThan: scalar(parseNumber, (expected, actual) => actual > expected),
  NumericGreaterThanEquals: scalar(parseNumber, (expected, actual) => actual >= expected),
  DateEquals: scalar(parseDate, (expected, actual) => actual === expected),
  DateLessThan: scalar(parseDate, (expected, actual) => actual < expected),
  DateLessThanEquals: scalar(parseDate, (expected, actual) => actual <= expected),
  DateGreaterThan: scalar(parseDate, (expected, actual) => actual > expected),
  DateGreaterThanEquals: scalar(parseDate, (expected, actual) => actual >= expected),
  Bool: (expected) => (/^(true|false)$/i.test(expected) ? equalsIgnoringCase(expected) : undefined),
  // Base64 with padding writes each byte string in one way, so that equal text is equal bytes.
  BinaryEquals: (expected) => (isBase64(expected) ? (actual) => actual === expected : undefined),
  IpAddress: inRange,
  ArnLike: likeArn,
} as const satisfies Readonly<Record<string, Comparison>>;

function equalsIgnoringCase(expected: string): ValueTest {
  const lower = expected.toLowerCase();
  return (actual) => actual.toLowerCase() === lower;
}

function scalar(
  parse: (text: string) => number | undefined,
  holds: (expected: number, actual: number) => boolean,
): Comparison {
  return (expected) => {
    const e = parse(expected);
    if (e === undefined) return undefined;
    return (actual) => {
      const a = parse(actual);
      return a !== undefined && holds(e, a);
    };
  };
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

/** Seconds since the Unix epoch, or a W3C profile of ISO 8601: a day, or a time with its zone. */
function parseDate(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000;
  const [, day] =
    /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ??
    [];
  if (day === undefined || !isDay(day)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** Date.parse makes 2 March of 30 February. */
function isDay(day: string): boolean {
  const time = Date.parse(day);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

interface Address {
  readonly text: string;
  readonly family: 'ipv4' | 'ipv6';
}

function parseAddress(text: string): Address | undefined {
  const family = ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(text)];
  // A zone tells an interface of one machine apart: it says nothing of an address elsewhere.
  return family === undefined || text.includes('%') ? undefined : { text, family };
}

/** An address, or CIDR notation (RFC 4632). */
function inRange(expected: string): ValueTest | undefined {
  const [start = '', prefix, ...rest] = expected.split('/');
  const network = parseAddress(start);
  if (network === undefined || rest.length > 0) return undefined;
  const bits = network.family === 'ipv4' ? 32 : 128;
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) {
    return undefined;
  }
  const list = new BlockList();
  list.addSubnet(network.text, prefix === undefined ? bits : Number(prefix), network.family);
  return (actual) => {
    const host = parseAddress(actual);
    return host !== undefined && list.check(host.text, host.family);
  };
}

/** Component by component, so that no wildcard reaches over a colon into the next one. */
function likeArn(expected: string): ValueTest | undefined {
  const patterns = splitArn(expected)?.map(compileWildcard);
  return (
    patterns &&
    ((actual) => {
      const parts = splitArn(actual);
      return parts !== undefined && patterns.every((matches, i) => matches(parts[i] ?? ''));
    })
  );
}

/** The six components of an ARN; the last may hold colons of its own. */
function splitArn(text: string): readonly string[] | undefined {
  const parts = text.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
