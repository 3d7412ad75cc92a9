import { parseArgs } from 'node:util';
import { encodeHex } from '../../shared/encoding.ts';
import type { Command } from '../command.ts';
import { parseOptions } from '../options.ts';
import { askModule, moduleOptions, moduleUsage } from './ask-module.ts';
import { readIntegerArgument } from './integer-argument.ts';

export const randomCommand: Command = {
  name: 'nsm random',
  summary: 'print random bytes of the secure module',
  usage: `nitro-key-broker nsm random LENGTH [OPTIONS]

Prints 1 to 65536 random bytes in hex.

${moduleUsage}`,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () => parseArgs({ args: [...argv], options: moduleOptions, allowPositionals: true }),
      1,
    );
    const length = readIntegerArgument('LENGTH', positionals[0]);
    return askModule(values, io, async (client) => {
      const random = encodeHex(await client.getRandom(length));
      return { text: random, json: { random } };
    });
  },
};
