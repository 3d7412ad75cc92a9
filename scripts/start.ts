// `npm start`: the whole system as separate processes, and the main job through it.
import { parseArgs } from 'node:util';
import { MainJobFailure, type Narrator, runMainJob } from './main-job/main-job.ts';
import { ChildFailure, type OutputLine } from './stack/child.ts';
import { type DevelopmentStack, startDevelopmentStack } from './stack/development-stack.ts';
import { howToUse } from './stack/how-to-use.ts';

const usage = `npm start -- [--keep] [--port N] [--directory DIR] [--verbose]

Brings up the local KMS, the parent and the enclave broker with the software NSM, runs the main job
and stops them again.

  --keep           leave the stack up until Ctrl-C, and print how to use it
  --port N         port of the local KMS (default: any free one)
  --directory DIR  keep keys, roots and sockets in DIR (default: a temporary directory)
  --verbose        show what the processes log`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  const interrupted = untilInterrupted();
  let stack: DevelopmentStack | undefined;
  try {
    stack = await startDevelopmentStack({
      ...options.stack,
      env: process.env,
      now: Date.now,
      onLine: (line) => options.verbose && process.stderr.write(`${formatLine(line)}\n`),
    });
    console.log(
      `local KMS at ${stack.endpoint}, parent and enclave on sockets in ${stack.directory}`,
    );
    await Promise.race([runMainJob(stack, narrator()), interrupted.then(() => stopEarly())]);
    console.log('\nAll went as it should.');
    if (options.keep) {
      console.log(howToUse(stack));
      await interrupted;
    }
    return 0;
  } catch (error) {
    return complain(error);
  } finally {
    await stack?.stop();
  }
}

class Interrupted extends Error {}

function stopEarly(): never {
  throw new Interrupted();
}

function complain(error: unknown): number {
  if (error instanceof Interrupted) return 130;
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof ChildFailure) return 3;
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
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { keep, verbose, port, directory } = values;
    if (values.help) throw new Error('');
    if (port !== undefined && !/^[0-9]{1,5}$/.test(port)) throw new Error(`no port: ${port}`);
    return {
      keep,
      verbose,
      stack: {
        ...(port === undefined ? {} : { port: Number(port) }),
        ...(directory === undefined ? {} : { directory }),
      },
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`.trim());
    return undefined;
  }
}

/** Resolves at the first Ctrl-C or SIGTERM; the processes of the stack are then stopped in order. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve());
  });
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
