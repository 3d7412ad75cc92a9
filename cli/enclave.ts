import { parseArgs } from 'node:util';
import { encodeHex } from '../shared/encoding.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { parseOptions } from './options.ts';
import { writeAll } from './output.ts';
import { withStopSignal } from './stop-signal.ts';

const usage = `nitro-key-broker enclave --config FILE [--check | --print-config] [--json]

Brings up the enclave's side from its measured configuration: loopback, secure module, clock, entropy,
recipient keys, credentials from the parent, and an attested KMS client whose TLS goes through the
parent and ends here. Prints {"event":"ready"} when the parent serves credentials and KMS has answered
the self-test. Log lines go to standard error, and to the parent if the configuration says so.

Exits 0 after SIGINT or SIGTERM, when the calls under way are done; 1 if the enclave is not what it
must be, 2 if the configuration or the environment is not accepted, 3 if the secure module is not to
be had, 70 after an error that nobody expected.

  --config FILE    the configuration, YAML or JSON
  --check          judge the configuration, and start nothing
  --print-config   print the configuration as it applies, defaults included, and its SHA-256, which
                   documents for clients carry; start nothing
  --json           print that as one line: the hash is that of the bytes of its member "config"`;

export const enclaveCommand: Command = {
  name: 'enclave',
  summary: "run the enclave's side: recipient keys and attested KMS client",
  usage,
  async run(argv, io) {
    const { configPath, mode, json } = parseArguments(argv);
    if (mode !== 'run') {
      await describeConfig(configPath, { printed: mode === 'print', json }, io);
      return 0;
    }
    const { runEnclave } = await import('../enclave/main.ts');
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

function parseArguments(argv: readonly string[]): {
  readonly configPath: string;
  readonly mode: 'run' | 'check' | 'print';
  readonly json: boolean;
} {
  const options = {
    config: { type: 'string' },
    check: { type: 'boolean', default: false },
    'print-config': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOptions(
    () => parseArgs({ args: [...argv], options, allowPositionals: true }),
    0,
  );
  const { config, check, json, 'print-config': print } = values;
  if (config === undefined) throw new UsageError('--config FILE is missing');
  if (check && print) throw new UsageError('--check and --print-config are two things');
  if (json && !check && !print) throw new UsageError('--json goes with --check or --print-config');
  return { configPath: config, mode: check ? 'check' : print ? 'print' : 'run', json };
}

async function describeConfig(
  path: string,
  { printed, json }: { readonly printed: boolean; readonly json: boolean },
  io: CommandIo,
): Promise<void> {
  const { readEnclaveConfig } = await import('../enclave/config.ts');
  const { configHash, encodeEffectiveConfig } = await import('../enclave/config/effective.ts');
  const config = await readEnclaveConfig(path);
  const effective = encodeEffectiveConfig(config);
  const hash = encodeHex(configHash(config));
  if (json) {
    // Not made anew from an object: the member has the very bytes that the hash is of.
    const member = printed ? `,"config":${effective}` : '';
    await writeAll(io.stdout, `{"configHash":"${hash}"${member}}\n`);
    return;
  }
  const text = printed ? `${JSON.stringify(JSON.parse(effective), null, 2)}\n` : '';
  await writeAll(io.stdout, `${text}profile ${config.profile}, configuration SHA-256 ${hash}\n`);
}
