import { parseArgs } from 'node:util';
import { visibleText } from '../../shared/visible-text.ts';
import type { Command } from '../command.ts';
import { parseOptions } from '../options.ts';
import { askModule, moduleOptions, moduleUsage } from './ask-module.ts';

export const describeCommand: Command = {
  name: 'nsm describe',
  summary: 'say what the secure module says of itself',
  usage: `nitro-key-broker nsm describe [OPTIONS]

Prints the id of the module, the version of its interface, and which registers are locked.

${moduleUsage}`,
  async run(argv, io) {
    const { values } = parseOptions(
      () => parseArgs({ args: [...argv], options: moduleOptions, allowPositionals: true }),
      0,
    );
    return askModule(values, io, async (client) => {
      const { moduleId, maxPcrs, lockedPcrs, digest, ...about } = await client.describe();
      const version = `${about.versionMajor}.${about.versionMinor}.${about.versionPatch}`;
      const lines = [
        `module     ${visibleText(moduleId)}`,
        `version    ${version}`,
        `registers  ${maxPcrs} of ${digest}`,
        `locked     ${lockedPcrs.join(' ')}`,
      ];
      return { text: lines.join('\n'), json: { moduleId, version, maxPcrs, digest, lockedPcrs } };
    });
  },
};
