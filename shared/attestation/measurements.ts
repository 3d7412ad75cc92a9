import { parseHex } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { countMembers, measureJson } from '../json-structure.ts';
import type { Pcrs } from './document.ts';

const MAX_INPUT_CHARACTERS = 1_048_576;
/** nitro-cli prints a list of objects with an object in each. */
const MAX_DEPTH = 8;
const PCR_BYTES = 48;
const MAX_PCR_INDEX = 31;
const PCR_NAME = /^PCR(0|[1-9][0-9]?)$/;
const PCR_VALUE = /^[0-9a-f]*$/i;
const PCR_ARGUMENT = /^(0|[1-9][0-9]?)=(.*)$/s;

/**
 * Reads the measurements that nitro-cli prints: `build-enclave`, `describe-eif`, one enclave of
 * `describe-enclaves`, or the bare object of registers. Text before the first line that opens the
 * JSON is passed over, since `build-enclave` prints progress there.
 *
 * @throws {FormatError} MEASUREMENTS_SYNTAX
 */
export function parseMeasurements(text: string): Pcrs {
  const registers = measurementsIn(parseJson(text));
  const pcrs = new Map<number, Uint8Array>();
  for (const [name, value] of Object.entries(registers)) {
    if (name === 'HashAlgorithm') checkHashAlgorithm(value);
    else pcrs.set(parseName(name), parseValue(name, value));
  }
  if (pcrs.size === 0) throw syntax('at least one register');
  return pcrs;
}

/**
 * Reads one register as a command line gives it: `N=HEX`.
 *
 * @throws {FormatError} MEASUREMENTS_SYNTAX
 */
export function parsePcr(argument: string): readonly [number, Uint8Array] {
  const [, index, value] = PCR_ARGUMENT.exec(argument) ?? [];
  if (index === undefined) throw syntax('a register as N=HEX');
  return [parseName(`PCR${index}`), parseValue(`PCR${index}`, value)];
}

function parseJson(text: string): unknown {
  if (text.length > MAX_INPUT_CHARACTERS) {
    throw syntax(`at most ${MAX_INPUT_CHARACTERS} characters`);
  }
  const start = text.search(/^[ \t]*[{[]/m);
  const json = text.slice(Math.max(start, 0));
  const { depth, members } = measureJson(json);
  if (depth > MAX_DEPTH) throw syntax(`at most ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw syntax('JSON, as nitro-cli prints it');
  }
  if (countMembers(value) !== members) throw syntax('every member once');
  return value;
}

function measurementsIn(json: unknown): Readonly<Record<string, unknown>> {
  const value = Array.isArray(json) && json.length === 1 ? json[0] : json;
  if (!isRecord(value)) throw syntax('an object of registers, or of one enclave');
  const { Measurements: inner } = value;
  if (inner === undefined) return value;
  if (!isRecord(inner)) throw syntax('an object under Measurements');
  return inner;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkHashAlgorithm(value: unknown): void {
  // nitro-cli prints the debug form of a Rust struct: "Sha384 { ... }".
  if (typeof value !== 'string' || !/^sha384\b/i.test(value)) throw syntax('HashAlgorithm Sha384');
}

function parseName(name: string): number {
  const index = Number(PCR_NAME.exec(name)?.[1] ?? Number.NaN);
  if (!(index <= MAX_PCR_INDEX)) {
    throw syntax(`PCR0 to PCR${MAX_PCR_INDEX}, got ${JSON.stringify(name.slice(0, 40))}`);
  }
  return index;
}

function parseValue(name: string, value: unknown): Uint8Array {
  if (typeof value !== 'string' || value.length !== 2 * PCR_BYTES || !PCR_VALUE.test(value)) {
    throw syntax(`${name} as ${2 * PCR_BYTES} hexadecimal digits, without 0x`);
  }
  return parseHex(value);
}

function syntax(wanted: string): FormatError {
  return new FormatError('MEASUREMENTS_SYNTAX', `measurements: expected ${wanted}`);
}
