import { UsageError } from './command.ts';

/** What parseArgs adds to an unknown option: advice for another mistake. */
const ADVICE = /\. To specify a positional argument .*$/s;

/**
 * Runs node:util's parseArgs and turns its complaints into wrong usage.
 *
 * @param maxPositionals - how many arguments without a flag the command takes.
 */
export function parseOptions<T extends { positionals: readonly string[] }>(
  parse: () => T,
  maxPositionals: number,
): T {
  let parsed: T;
  try {
    parsed = parse();
  } catch (error) {
    throw new UsageError((error as Error).message.replace(ADVICE, ''));
  }
  const surplus = parsed.positionals[maxPositionals];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${surplus}`);
  return parsed;
}
