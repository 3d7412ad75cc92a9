#!/usr/bin/env node
import { commands } from './commands.ts';
import { runCli } from './run.ts';

// A report that nobody could read is no success: a full disk, or a reader that went away.
process.stdout.on('error', () => process.exit(3));

process.exitCode = await runCli(commands, process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
});
