import { cmsCommands } from './cms.ts';
import type { Command } from './command.ts';
import { enclaveCommand } from './enclave.ts';
import { inspectCommand } from './inspect.ts';
import { localKmsCommand } from './local-kms.ts';
import { nsmCommands } from './nsm/index.ts';
import { parentCommand } from './parent.ts';
import { recordCommand } from './record.ts';
import { verifyCommand } from './verify.ts';

/**
 * Every subcommand of the one binary. What only one of them needs, and takes long to load, it loads
 * when it runs: to verify a document needs no server.
 */
export const commands: readonly Command[] = [
  verifyCommand,
  inspectCommand,
  ...cmsCommands,
  recordCommand,
  ...nsmCommands,
  enclaveCommand,
  parentCommand,
  localKmsCommand,
];
