// `npm start`: the whole system as separate processes, and the main job through it.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BrokerError } from '../shared/errors.ts';
import { MainJobFailure, type Narrator, runMainJob } from './main-job/main-job.ts';
import { ChildFailure, type OutputLine } from './stack/child.ts';
import { type DevelopmentStack, startDevelopmentStack } from './stack/development-stack.ts';
import { howToUse } from './stack/how-to-use.ts';

const usage = `npm start -- [--keep] [--port N] [--directory DIR] [--record DIR] [--verbose]

Brings up the local KMS, the parent and the enclave broker with the software NSM, runs the main job
and stops them again.

  --keep           leave the stack up until Ctrl-C, and print how to use it
  --port N         port of the local KMS (default: any free one)
  --directory DIR  keep keys, roots and sockets in DIR (default: a temporary directory)
  --record DIR     write each attested call as a fixture into DIR
  --verbose        show what the processes log`;

/** As a shell says that Ctrl-C ended a command. */
const INTERRUPTED = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const interrupted = interruption();
  let stack: DevelopmentStack | undefined;
  try {
    stack = await startDevelopmentStack({
      ...options.stack,
      env: process.env,
      now: Date.now,
      signal: interrupted,
      onLine: (line) => options.verbose && process.stderr.write(`${formatLine(line)}\n`),
    });
    console.log(
      `local KMS at ${stack.endpoint}, parent and enclave on sockets in ${stack.directory}`,
    );
    await Promise.race([runMainJob(stack, narrator()), once(interrupted, 'abort')]);
    if (interrupted.aborted) return INTERRUPTED;
    console.log('\nAll went as it should.');
    if (options.keep) {
      console.log(howToUse(stack));
      if (!interrupted.aborted) await once(interrupted, 'abort');
    }
    return 0;
  } catch (error) {
    // Ctrl-C reaches the processes of the stack as well: what fails because of it is no news.
    return interrupted.aborted ? INTERRUPTED : complain(error);
  } finally {
    await stack?.stop();
  }
}

function complain(error: unknown): number {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof ChildFailure || error instanceof BrokerError) return 3;
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return 3;
  if (error instanceof MainJobFailure) return 1;
  throw error;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        keep: { type: 'boolean', default: false },
        port: { type: 'string' },
        directory: { type: 'string' },
        record: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { keep, verbose, help, port, directory, record } = values;
    if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535)) {
      throw new Error(`no port: ${port}`);
    }
    return {
      keep,
      verbose,
      help,
      stack: {
        ...(port === undefined ? {} : { port: Number(port) }),
        ...(directory === undefined ? {} : { directory: resolve(directory) }),
        ...(record === undefined ? {} : { record: resolve(record) }),
      },
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

/** Aborted by Ctrl-C or SIGTERM. npm passes Ctrl-C on, so it may come twice. */
function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  return interrupted.signal;
}

function narrator(): Narrator {
  let steps = 0;
  return {
    step(title) {
      steps += 1;
      console.log(`\n${steps}. ${title}`);
    },
    say: (line) => console.log(`   ${line}`),
  };
}

function formatLine({ process: name, stream, line }: OutputLine): string {
  return `[${name} ${stream}] ${line}`;
}
