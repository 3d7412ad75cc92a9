import type { Command } from './command.ts';
import { parseConfigFlag } from './config-flag.ts';
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
    const configPath = parseConfigFlag(argv);
    const { runParent } = await import('../parent/main.ts');
    await withStopSignal((signal) =>
      runParent({
        configPath,
        stdout: (line) => io.stdout.write(`${line}\n`),
        stderr: (line) => io.stderr.write(`${line}\n`),
        now: io.now,
        signal,
      }),
    );
    return 0;
  },
};
