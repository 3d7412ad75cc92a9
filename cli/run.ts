import { createRequire } from 'node:module';
import { BrokerError, ConfigError, TransportError } from '../shared/errors.ts';
import { visibleText } from '../shared/visible-text.ts';
import {
  type Command,
  type CommandIo,
  EnvironmentError,
  type ExitCode,
  UsageError,
} from './command.ts';

/**
 * Finds the subcommand, runs it and turns whatever it throws into an exit code: 1 refused, 2 wrong
 * usage, 3 the environment.
 */
export async function runCli(
  commands: readonly Command[],
  argv: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const command = findCommand(commands, argv);
  if (command === undefined) return explain(commands, argv, io);
  const args = argv.slice(command.name.split(' ').length);
  // Alone, so that no file name or value that happens to be --help turns a verdict into success.
  if (args.length === 1 && args[0] === '--help') {
    io.stdout.write(`${command.usage}\n`);
    return 0;
  }
  try {
    return await command.run(args, io);
  } catch (error) {
    report(error, command, args.includes('--json'), io);
    return exitCodeOf(error);
  }
}

function findCommand(commands: readonly Command[], argv: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
}

/** Says what there is, or what there is of `nsm` or `cms`: on standard output if it was asked for. */
function explain(commands: readonly Command[], argv: readonly string[], io: CommandIo): ExitCode {
  if (argv[0] === '--version') {
    io.stdout.write(`${readVersion()}\n`);
    return 0;
  }
  const group = commands.filter(({ name }) => name.startsWith(`${argv[0]} `));
  const known = group.length > 0 ? 1 : 0;
  const text = overview(known > 0 ? group : commands);
  const word = argv[known];
  if (argv.length === 0 || word === '--help' || word === 'help') {
    io.stdout.write(text);
    return argv.length > 0 ? 0 : 2;
  }
  const problem = word === undefined ? 'incomplete command' : 'unknown command';
  io.stderr.write(`${problem}: ${visibleText(argv.slice(0, known + 1).join(' '))}\n\n${text}`);
  return 2;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `nitro-key-broker COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nnitro-key-broker COMMAND --help explains one, --version says which release this is.\n`;
}

/** By its name the package is found from the source and from what is built. */
function readVersion(): string {
  return createRequire(import.meta.url)('nitro-key-broker/package.json').version;
}

/** In families that are otherwise wrong usage or a refusal, these are things not to be had. */
const ENVIRONMENT_CODES: ReadonlySet<string> = new Set([
  'CONFIG_UNREADABLE',
  'LOCAL_KMS_LOCKED',
  'LOCAL_KMS_AUDIT',
  'NSM_DEVICE_UNAVAILABLE',
  'NSM_DEVICE_DENIED',
  'NSM_DEVICE_FOREIGN',
  'NSM_TIMEOUT',
  'NSM_STALLED',
]);

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof BrokerError && ENVIRONMENT_CODES.has(error.code)) return 3;
  if (error instanceof ConfigError || error instanceof UsageError) return 2;
  if (error instanceof EnvironmentError || error instanceof TransportError) return 3;
  return error instanceof BrokerError ? 1 : 3;
}

function report(error: unknown, command: Command, json: boolean, io: CommandIo): void {
  const { code, message } = describe(error);
  if (json) {
    io.stderr.write(`${visibleText(JSON.stringify({ error: { code, message } }))}\n`);
    return;
  }
  io.stderr.write(
    `nitro-key-broker ${command.name}: ${visibleLines(message)}${code === null ? '' : ` (${code})`}\n`,
  );
  if (error instanceof UsageError) io.stderr.write(`\n${command.usage}\n`);
}

function describe(error: unknown): { code: string | null; message: string } {
  if (error instanceof BrokerError) return error;
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message };
  if (error instanceof EnvironmentError) return { code: 'ENVIRONMENT', message: error.message };
  // A fault of the program. Its stack names places in the code, never data.
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.name) : 'unknown',
  };
}

/** A message can repeat what a stranger wrote; a stack has lines of its own. */
function visibleLines(text: string): string {
  return text.split('\n').map(visibleText).join('\n');
}
