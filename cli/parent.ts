import { parseArgs } from 'node:util';
import { runParent } from '../parent/main.ts';
import { type Command, UsageError } from './command.ts';
import { parseOptions } from './options.ts';
import { withStopSignal } from './stop-signal.ts';

const usage = `nitro-key-broker parent --config FILE

Runs the parent's side on the EC2 instance: forwards what the enclave sends to the destinations of
the allowlist, bytes only, and serves it the instance role's credentials.
Prints one JSON line on standard output when it answers; log lines go to standard error.
Exits 0 after SIGINT or SIGTERM, 2 if the configuration is not accepted, 3 if an address is taken.

  --config FILE   the configuration, YAML or JSON`;

export const parentCommand: Command = {
  name: 'parent',
  summary: 'forward vsock connections to allowed hosts and serve role credentials',
  usage,
  async run(argv, io) {
    const options = { config: { type: 'string' } } as const;
    const { values } = parseOptions(
      () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      0,
    );
    const { config } = values;
    if (config === undefined) throw new UsageError('--config FILE is missing');
    await withStopSignal((signal) =>
      runParent({
        configPath: config,
        stdout: (line) => io.stdout.write(`${line}\n`),
        stderr: (line) => io.stderr.write(`${line}\n`),
        now: io.now,
        signal,
      }),
    );
    return 0;
  },
};
