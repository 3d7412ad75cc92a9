import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CommandIo, UsageError } from '../../cli/command.ts';
import { parentCommand } from '../../cli/parent.ts';

const io = (): CommandIo => ({
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: {},
  now: () => 0,
});

describe('nitro-key-broker parent', () => {
  it.each([
    ['no configuration', []],
    ['a flag that it does not have', ['--config', 'x', '--verbose']],
    ['an argument too many', ['--config', 'x', 'y']],
  ])('is wrong usage with %s', async (_what, argv) => {
    await expect(parentCommand.run(argv, io())).rejects.toBeInstanceOf(UsageError);
  });

  it('refuses a configuration that is not there, and leaves no signal handler', async () => {
    const before = process.listenerCount('SIGTERM');
    await expect(
      parentCommand.run(['--config', '/nonexistent/parent.yaml'], io()),
    ).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
