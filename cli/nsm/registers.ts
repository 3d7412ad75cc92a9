import { parseArgs } from 'node:util';
import { encodeHex } from '../../shared/encoding.ts';
import { MAX_REQUEST_BYTES } from '../../shared/nsm/index.ts';
import { readBytesArgument } from '../bytes-argument.ts';
import { type Command, UsageError } from '../command.ts';
import { parseOptions } from '../options.ts';
import { askModule, type ModuleAnswer, moduleOptions, moduleUsage } from './ask-module.ts';
import { readIntegerArgument } from './integer-argument.ts';

export const pcrCommand: Command = {
  name: 'nsm pcr',
  summary: 'read a register of the secure module',
  usage: `nitro-key-broker nsm pcr INDEX [OPTIONS]

Reads a register, locked or not. Only locked ones stand in attestation documents.

${moduleUsage}`,
  async run(argv, io) {
    const { values, positionals } = parseOptions(
      () => parseArgs({ args: [...argv], options: moduleOptions, allowPositionals: true }),
      1,
    );
    const index = readIntegerArgument('INDEX', positionals[0]);
    return askModule(values, io, async (client) => {
      const { lock, data } = await client.describePcr(index);
      return registerAnswer(index, lock, data);
    });
  },
};

export const extendCommand: Command = {
  name: 'nsm extend',
  summary: 'extend a register of the secure module',
  usage: `nitro-key-broker nsm extend INDEX --data HEX|@FILE [OPTIONS]

Sets a register that is not locked to SHA-384 of its value and the data; prints the new value.

  --data HEX|@FILE  the data, or a file whose bytes it is
${moduleUsage}`,
  async run(argv, io) {
    const options = { ...moduleOptions, data: { type: 'string' } } as const;
    const { values, positionals } = parseOptions(
      () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      1,
    );
    const index = readIntegerArgument('INDEX', positionals[0]);
    if (values.data === undefined) throw new UsageError('--data HEX|@FILE is needed');
    const data = await readBytesArgument('--data', values.data, MAX_REQUEST_BYTES);
    return askModule(values, io, async (client) =>
      registerAnswer(index, false, await client.extendPcr(index, data)),
    );
  },
};

export const lockCommand: Command = {
  name: 'nsm lock',
  summary: 'lock registers of the secure module, until the enclave ends',
  usage: `nitro-key-broker nsm lock INDEX|--range N [OPTIONS]

Locks a register, which attestation documents then carry. It stays locked until the enclave ends.

  --range N         lock PCR0 to PCR(N-1) instead, those included that are locked
${moduleUsage}`,
  async run(argv, io) {
    const options = { ...moduleOptions, range: { type: 'string' } } as const;
    const { values, positionals } = parseOptions(
      () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      1,
    );
    const [argument] = positionals;
    if ((argument === undefined) === (values.range === undefined)) {
      throw new UsageError('one of INDEX and --range N is needed');
    }
    if (values.range === undefined) {
      const index = readIntegerArgument('INDEX', argument);
      return askModule(values, io, async (client) => {
        await client.lockPcr(index);
        return { text: `PCR${index} is locked`, json: { locked: [index] } };
      });
    }
    const range = readIntegerArgument('--range', values.range);
    return askModule(values, io, async (client) => {
      await client.lockPcrs(range);
      const locked = Array.from({ length: range }, (_, index) => index);
      return { text: `the first ${range} registers are locked`, json: { locked } };
    });
  },
};

function registerAnswer(index: number, locked: boolean, value: Uint8Array): ModuleAnswer {
  const hex = encodeHex(value);
  return {
    text: `PCR${index} ${locked ? 'locked' : 'unlocked'} ${hex}`,
    json: { index, locked, value: hex },
  };
}
