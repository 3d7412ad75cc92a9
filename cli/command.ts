import type { Readable, Writable } from 'node:stream';

/** What a subcommand may touch of its process. */
export interface CommandIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

export interface Command {
  /** As typed after `nitro-key-broker`, for example `verify` or `cms open`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Printed by `--help`. */
  readonly usage: string;
  /** Resolves to the exit code. */
  run(argv: readonly string[], io: CommandIo): Promise<ExitCode>;
}

/** 0 done or trusted, 1 refused, 2 wrong usage, 3 the environment (a file, a port, a peer). */
export type ExitCode = 0 | 1 | 2 | 3;

/** The command line cannot be understood, or does not say what the command must be told. */
export class UsageError extends Error {}

/** A file, a port or a peer that the command needs is not to be had. */
export class EnvironmentError extends Error {}
