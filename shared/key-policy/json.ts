import { FormatError } from '../errors.ts';

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
  const structure = measure(text);
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

/** In JSON, every colon outside a string belongs to one member of an object. */
function measure(text: string): { readonly depth: number; readonly members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') inString = !inString;
    else if (inString && character === '\\') i++;
    else if (inString) continue;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
    else if (character === ':') members++;
  }
  return { depth: deepest, members };
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce<number>((sum, child) => sum + countMembers(child), own);
}
