import { type Pcrs, parseMeasurements, parsePcr } from '../shared/attestation/index.ts';
import { encodeHex } from '../shared/encoding.ts';
import { FormatError } from '../shared/errors.ts';

const SEPARATOR = /^[ \t]*-{3,}[ \t]*$/m;

/**
 * Reads accepted sets of registers as a person pastes them: nitro-cli's JSON or lines of N=HEX,
 * with a line of three dashes between sets.
 *
 * @throws {FormatError} MEASUREMENTS_SYNTAX, HEX_SYNTAX
 */
export function parseAcceptedSets(text: string): readonly Pcrs[] {
  return text.split(SEPARATOR).map((part) => {
    const set = part.trim();
    return set.includes('{') ? parseMeasurements(set) : parseLines(set);
  });
}

function parseLines(text: string): Pcrs {
  const pcrs = new Map<number, Uint8Array>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [index, value] = parsePcr(line.replace(/\s+/g, ''));
    const other = pcrs.get(index);
    if (other !== undefined && encodeHex(other) !== encodeHex(value)) {
      throw syntax(`PCR${index} is expected to have two values`);
    }
    pcrs.set(index, value);
  }
  // An empty set would be satisfied by every document.
  if (pcrs.size === 0) throw syntax('expected at least one register in every set');
  return pcrs;
}

function syntax(message: string): FormatError {
  return new FormatError('MEASUREMENTS_SYNTAX', `measurements: ${message}`);
}
