import { runEnclave } from '../enclave/main.ts';
import type { Command } from './command.ts';
import { parseConfigFlag } from './config-flag.ts';
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
    const configPath = parseConfigFlag(argv);
    await withStopSignal((signal) =>
      runEnclave({
        configPath,
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
