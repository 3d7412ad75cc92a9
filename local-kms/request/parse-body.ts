import { countMembers, measureJson } from '../../shared/json-structure.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';

/** Deeper than any request of the service model goes. */
const MAX_BODY_DEPTH = 16;

/**
 * Reads the JSON of a request. Of a member that is given twice JSON.parse keeps the last, which
 * might be none of what the first asks for: such a body is refused.
 *
 * @throws {KmsServiceError} SerializationException
 */
export function parseBody(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    const { depth, members } = measureJson(text);
    if (depth > MAX_BODY_DEPTH || countMembers(value) !== members) throw new Error('not taken');
    return value;
  } catch {
    throw new KmsServiceError('SerializationException');
  }
}
