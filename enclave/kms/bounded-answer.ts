import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { KmsError } from '../../shared/errors.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/** A thousand keys of ListKeys are some 150 KB; of the Recipient operations none answers 8 KB. */
export const MAX_ANSWER_BYTES = 1_048_576;

/**
 * Reads the answers of a client as far as a bound: the SDK itself would keep whatever comes.
 *
 * @throws {KmsError} KMS_ANSWER_TOO_LARGE
 */
export function boundedAnswers({ host }: { readonly host: string }): KmsPlugin {
  return {
    applyToStack(stack) {
      stack.add(
        (next) => async (args) => {
          const result = await next(args);
          const response = result.response as { body?: Readable | Uint8Array };
          if (response.body !== undefined) response.body = await collect(response.body, host);
          return result;
        },
        // Inside of the SDK's own reading, which then finds bytes, and is left no stream to read.
        { step: 'deserialize', priority: 'low', name: 'boundedAnswers' },
      );
    },
  };
}

async function collect(body: AsyncIterable<Uint8Array> | Uint8Array, host: string) {
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early destroys the stream, and with it the connection.
  for await (const part of body) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new KmsError(
        'KMS_ANSWER_TOO_LARGE',
        `${host} answered with more than ${MAX_ANSWER_BYTES} bytes`,
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
