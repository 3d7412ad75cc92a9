import { Buffer } from 'node:buffer';
import { BlockList, isIP } from 'node:net';
import { matchesWildcard } from './wildcard.ts';

/** How one value of a policy is held against one value of a request. */
export interface Comparison {
  /** Whether a policy may hold this value. */
  readonly accepts: (expected: string) => boolean;
  /** `expected` has been accepted; `actual` may be anything. */
  readonly matches: (expected: string, actual: string) => boolean;
}

const anyText = (): boolean => true;

/** The comparisons by name, each with the operator that is its negation, if it has one. */
export const comparisons = {
  StringEquals: { accepts: anyText, matches: (expected, actual) => expected === actual },
  StringEqualsIgnoreCase: {
    accepts: anyText,
    matches: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  },
  StringLike: { accepts: anyText, matches: matchesWildcard },
  NumericEquals: numeric((expected, actual) => actual === expected),
  NumericLessThan: numeric((expected, actual) => actual < expected),
  NumericLessThanEquals: numeric((expected, actual) => actual <= expected),
  NumericGreaterThan: numeric((expected, actual) => actual > expected),
  NumericGreaterThanEquals: numeric((expected, actual) => actual >= expected),
  DateEquals: date((expected, actual) => actual === expected),
  DateLessThan: date((expected, actual) => actual < expected),
  DateLessThanEquals: date((expected, actual) => actual <= expected),
  DateGreaterThan: date((expected, actual) => actual > expected),
  DateGreaterThanEquals: date((expected, actual) => actual >= expected),
  Bool: {
    accepts: (expected) => /^(true|false)$/i.test(expected),
    matches: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  },
  // Base64 with padding writes each byte string in one way, so that equal text is equal bytes.
  BinaryEquals: { accepts: isBase64, matches: (expected, actual) => expected === actual },
  IpAddress: { accepts: (expected) => parseRange(expected) !== undefined, matches: isInRange },
  ArnLike: { accepts: (expected) => splitArn(expected) !== undefined, matches: matchesArn },
} as const satisfies Readonly<Record<string, Comparison>>;

function numeric(holds: (expected: number, actual: number) => boolean): Comparison {
  return scalar(parseNumber, holds);
}

function date(holds: (expected: number, actual: number) => boolean): Comparison {
  return scalar(parseDate, holds);
}

function scalar(
  parse: (text: string) => number | undefined,
  holds: (expected: number, actual: number) => boolean,
): Comparison {
  return {
    accepts: (expected) => parse(expected) !== undefined,
    matches: (expected, actual) => {
      const [e, a] = [parse(expected), parse(actual)];
      return e !== undefined && a !== undefined && holds(e, a);
    },
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

interface Range {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** An address, or CIDR notation (RFC 4632). */
function parseRange(text: string): Range | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  if (bits === undefined || address.includes('%') || rest.length > 0) return undefined;
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) {
    return undefined;
  }
  return {
    address,
    family: bits === 32 ? 'ipv4' : 'ipv6',
    prefix: prefix === undefined ? bits : Number(prefix),
  };
}

function isInRange(expected: string, actual: string): boolean {
  const range = parseRange(expected);
  const host = actual.includes('/') ? undefined : parseRange(actual);
  if (range === undefined || host === undefined) return false;
  const list = new BlockList();
  list.addSubnet(range.address, range.prefix, range.family);
  return list.check(host.address, host.family);
}

/** The six components of an ARN; the last may hold colons of its own. */
function splitArn(text: string): readonly string[] | undefined {
  const parts = text.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** Component by component, so that no wildcard reaches over a colon into the next one. */
function matchesArn(expected: string, actual: string): boolean {
  const patterns = splitArn(expected);
  const parts = splitArn(actual);
  if (patterns === undefined || parts === undefined) return false;
  return patterns.every((pattern, i) => matchesWildcard(pattern, parts[i] ?? ''));
}
