import type { Command } from '../command.ts';
import { attestCommand } from './attest.ts';
import { describeCommand } from './describe.ts';
import { randomCommand } from './random.ts';
import { extendCommand, lockCommand, pcrCommand } from './registers.ts';

export const nsmCommands: readonly Command[] = [
  describeCommand,
  pcrCommand,
  extendCommand,
  lockCommand,
  randomCommand,
  attestCommand,
];
