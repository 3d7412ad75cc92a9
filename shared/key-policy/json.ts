import { FormatError } from '../errors.ts';
import { countMembers, measureJson } from '../json-structure.ts';

const MAX_BYTES = 32_768;
const MAX_DEPTH = 8;

/**
 * Reads the JSON of a policy document: bounded, in the characters that KMS accepts, and with no
 * member given twice, since JSON.parse would keep the last and drop, for example, a condition.
 *
 * @throws {FormatError} KEY_POLICY_TOO_LARGE, KEY_POLICY_CHARACTER, KEY_POLICY_TOO_DEEP,
 *   KEY_POLICY_JSON, KEY_POLICY_DUPLICATE
 */
export function parsePolicyJson(text: string): unknown {
  if (text.length > MAX_BYTES || new TextEncoder().encode(text).length > MAX_BYTES) {
    throw new FormatError('KEY_POLICY_TOO_LARGE', `The policy is longer than ${MAX_BYTES} bytes.`);
  }
  const foreign = /[^\t\n\r\u0020-\u00ff]/.exec(text);
  if (foreign !== null) {
    throw new FormatError(
      'KEY_POLICY_CHARACTER',
      `The policy holds a character that is not allowed, at offset ${foreign.index}.`,
    );
  }
  const structure = measureJson(text);
  if (structure.depth > MAX_DEPTH) {
    throw new FormatError('KEY_POLICY_TOO_DEEP', `The policy nests deeper than ${MAX_DEPTH}.`);
  }
  const value = parseJson(text);
  if (countMembers(value) !== structure.members) {
    throw new FormatError('KEY_POLICY_DUPLICATE', 'The policy gives a member of an object twice.');
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError('KEY_POLICY_JSON', 'The policy is not JSON.');
  }
}
