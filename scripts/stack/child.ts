import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** One line that a process of the stack wrote. */
export interface OutputLine {
  readonly process: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export interface ChildOptions {
  readonly name: string;
  /** A script in dist/ and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: OutputLine) => void;
  /** Aborted to stop it, whether it is ready yet or not. */
  readonly signal: AbortSignal;
}

/** A process of the stack that said on stdout that it is ready. */
export interface Child {
  readonly name: string;
  /** The line with which it said so. */
  readonly ready: string;
  /** Sends a line to its standard input and resolves to the next line of its standard output. */
  ask(line: string): Promise<string>;
  /** Asks it to stop, and kills it if it does not within 5 s. */
  stop(): Promise<void>;
}

/** A process of the stack ended when it should not have, and what it last said. */
export class ChildFailure extends Error {}

const STOP_TIMEOUT_MS = 5000;

/**
 * Starts a process and waits for its first line on stdout.
 *
 * @throws {ChildFailure} with what it wrote to stderr, if it ends before that; then it has ended.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, args, env, onLine, signal } = options;
  if (signal.aborted) throw new ChildFailure(`${name} was not started: the stack stops`);
  const child = spawn(process.execPath, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  // A write to a process that just ended is answered by its exit.
  child.stdin.on('error', () => {});
  const complaints: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    onLine({ process: name, stream: 'stderr', line });
    complaints.push(line);
    if (complaints.length > 20) complaints.shift();
  });
  const waiting: Array<(line: string) => void> = [];
  createInterface(child.stdout).on('line', (line) => {
    onLine({ process: name, stream: 'stdout', line });
    waiting.shift()?.(line);
  });
  const ended = once(child, 'close').then(() => {
    throw new ChildFailure(`${name} ended (${howItEnded(child)}):\n${complaints.join('\n')}`);
  });
  ended.catch(() => {});
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
  };
  signal.addEventListener('abort', stop);
  const nextLine = () => Promise.race([new Promise<string>((done) => waiting.push(done)), ended]);

  const ready = await nextLine();
  return {
    name,
    ready,
    ask(line) {
      const answer = nextLine();
      child.stdin.write(`${line}\n`);
      return answer;
    },
    stop,
  };
}

function howItEnded(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${child.exitCode}`;
}
