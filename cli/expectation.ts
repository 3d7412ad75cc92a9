import { FormatError } from '../shared/errors.ts';
import { UsageError } from './command.ts';
import { readFileBytes } from './input.ts';

const MAX_EXPECTATION_BYTES = 1_048_576;

/**
 * What a file of an expectation says. That it cannot be read is the environment's fault; that it
 * makes no sense is wrong usage.
 *
 * @throws {EnvironmentError}
 * @throws {UsageError}
 */
export async function readExpectation<Output>(
  file: string,
  parse: (bytes: Uint8Array) => Output,
): Promise<Output> {
  try {
    return parse(await readFileBytes(file, { maxBytes: MAX_EXPECTATION_BYTES }));
  } catch (error) {
    throw asUsage(error, file);
  }
}

/**
 * What the text behind a flag says.
 *
 * @throws {UsageError}
 */
export function understand<Output>(
  text: string,
  flag: string,
  parse: (text: string) => Output,
): Output {
  try {
    return parse(text);
  } catch (error) {
    throw asUsage(error, flag);
  }
}

function asUsage(error: unknown, name: string): unknown {
  return error instanceof FormatError ? new UsageError(`${name}: ${error.message}`) : error;
}
