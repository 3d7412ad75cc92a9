import { parseArgs } from 'node:util';
import { UsageError } from './command.ts';
import { parseOptions } from './options.ts';

/** The file of `--config FILE`, for a command that takes this one flag and needs it. */
export function parseConfigFlag(argv: readonly string[]): string {
  const options = { config: { type: 'string' } } as const;
  const { values } = parseOptions(
    () => parseArgs({ args: [...argv], options, allowPositionals: true }),
    0,
  );
  if (values.config === undefined) throw new UsageError('--config FILE is missing');
  return values.config;
}
