import { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Command, CommandIo, ExitCode } from '../../cli/command.ts';
import { runCli } from '../../cli/run.ts';

export interface CommandResult {
  readonly exitCode: ExitCode;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a command line through the CLI's own dispatcher, with `stdin` as its standard input. */
export async function runCommand(
  commands: readonly Command[],
  argv: readonly string[],
  options: { readonly stdin?: Uint8Array; readonly now?: () => number } = {},
): Promise<CommandResult> {
  const stdout = collector();
  const stderr = collector();
  const io: CommandIo = {
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    now: options.now ?? (() => 0),
  };
  const exitCode = await runCli(commands, argv, io);
  return { exitCode, stdout: await stdout.all(), stderr: (await stderr.all()).toString() };
}

function collector(): { readonly stream: Writable; readonly all: () => Promise<Buffer> } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    // Takes its time, as a pipe does: a caller that wipes too early is seen to.
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        chunks.push(Buffer.from(chunk));
        done();
      });
    },
  });
  const all = async (): Promise<Buffer> => {
    await finished(stream.end());
    return Buffer.concat(chunks);
  };
  return { stream, all };
}
