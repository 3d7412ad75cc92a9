import type { Command } from './command.ts';
import { verifyCommand } from './verify.ts';

/** Every subcommand of the one binary. */
export const commands: readonly Command[] = [verifyCommand];
