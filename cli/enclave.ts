import { parseArgs } from 'node:util';
import { runEnclave } from '../enclave/main.ts';
import { type Command, UsageError } from './command.ts';
import { parseOptions } from './options.ts';
import { withStopSignal } from './stop-signal.ts';

const usage = `nitro-key-broker enclave --config FILE

Brings up the enclave's side from its measured configuration: secure module, recipient key, and an
attested KMS client whose TLS goes through the parent and ends here. Log lines go to standard error.
Exits 0 after SIGINT or SIGTERM, 2 if the configuration is not accepted.

  --config FILE   the configuration, YAML or JSON`;

export const enclaveCommand: Command = {
  name: 'enclave',
  summary: "run the enclave's side: recipient key and attested KMS client",
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
      runEnclave({
        configPath: config,
        env: io.env,
        stdout: (line) => io.stdout.write(`${line}\n`),
        stderr: (line) => io.stderr.write(`${line}\n`),
        now: io.now,
        signal,
      }),
    );
    return 0;
  },
};
