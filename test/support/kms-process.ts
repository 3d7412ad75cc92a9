import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { binary } from './built.ts';

/** `nitro-key-broker local-kms` as a process, which answers. */
export interface KmsProcess {
  readonly child: ChildProcess;
  readonly endpoint: string;
  /** The file of its certificate authority. */
  readonly ca: string;
  stderr(): string;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>;
}

/** Starts it out of dist/, over TLS on a free port unless `argv` says otherwise. */
export async function startKmsProcess(
  argv: readonly string[],
  options: {
    readonly cwd?: string;
    /** A command to run it under, with its arguments. */
    readonly under?: readonly string[];
  } = {},
): Promise<KmsProcess> {
  const { under = [], ...others } = options;
  const [command = '', ...args] = [...under, process.execPath, binary];
  const child = spawn(command, [...args, 'local-kms', '--port', '0', ...argv, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...others,
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const exited = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout }), 'line');
  const early = exited.then(() => {
    throw new Error(`the process ended before it answered: ${stderr}`);
  });
  early.catch(() => undefined);
  const [text] = (await Promise.race([line, early])) as [string];
  const { endpoint, ca } = JSON.parse(text) as { endpoint: string; ca: string };
  return {
    child,
    endpoint,
    ca,
    stderr: () => stderr,
    async stop() {
      child.kill('SIGINT');
      await exited;
    },
  };
}
