import { FormatError } from '../../shared/errors.ts';
import { countMembers, measureJson } from '../../shared/json-structure.ts';

/** A derivation in a request to derive a key is one object in another. */
const MAX_DEPTH = 3;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses the body of a request. Its length is bounded by who read it.
 *
 * @throws {FormatError} API_BODY for what is no JSON, too deep, or gives a member twice.
 */
export function parseJsonBody(body: Uint8Array): unknown {
  const text = decode(body);
  const { depth, members } = measureJson(text);
  if (depth > MAX_DEPTH) throw invalid(`at most ${MAX_DEPTH} levels`);
  const value = parse(text);
  if (countMembers(value) !== members) throw invalid('every member once');
  return value;
}

function decode(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw invalid('UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('JSON');
  }
}

function invalid(wanted: string): FormatError {
  return new FormatError('API_BODY', `body: expected ${wanted}`);
}
