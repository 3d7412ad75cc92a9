#!/usr/bin/env node
import { commands } from './commands.ts';
import { runCli } from './run.ts';

process.exitCode = await runCli(commands, process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
});
