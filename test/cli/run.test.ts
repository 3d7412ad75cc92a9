import { describe, expect, it } from 'vitest';
import { type Command, EnvironmentError, UsageError } from '../../cli/command.ts';
import { commands } from '../../cli/commands.ts';
import {
  ConfigError,
  FormatError,
  NsmError,
  PolicyError,
  TransportError,
  UnwrapError,
  VerificationError,
} from '../../shared/errors.ts';
import { runCommand } from '../support/command-io.ts';
import { UNPRINTED } from '../support/plain-text.ts';

const throwing = (error: unknown): readonly Command[] => [
  {
    name: 'try',
    summary: 'throws',
    usage: 'usage of try',
    async run() {
      throw error;
    },
  },
];

describe('the exit code of a command that throws', () => {
  it.each<[code: number, error: unknown]>([
    [1, new FormatError('CBOR_TAG', 'x')],
    [1, new VerificationError('PATH_ROOT', 'x')],
    [1, new PolicyError('POLICY_NONCE', 'x')],
    [1, new UnwrapError('UNWRAP_FAILED', 'x')],
    [1, new NsmError('NSM_READ_ONLY_INDEX', 'x')],
    [2, new ConfigError('POLICY_INCOMPLETE', 'x')],
    [2, new UsageError('x')],
    [3, new ConfigError('CONFIG_UNREADABLE', 'x')],
    [3, new NsmError('NSM_DEVICE_UNAVAILABLE', 'x')],
    [3, new NsmError('NSM_TIMEOUT', 'x')],
    [3, new TransportError('TRANSPORT_REFUSED', 'x')],
    [3, new EnvironmentError('x')],
    [3, new TypeError('x')],
    [3, 'x'],
  ])('%d: %s', async (code, error) => {
    const { exitCode, stdout, stderr } = await runCommand(throwing(error), ['try']);
    expect(exitCode).toBe(code);
    expect(stdout.length).toBe(0);
    expect(stderr).toMatch(/^nitro-key-broker try: /);
    const json = await runCommand(throwing(error), ['try', '--json']);
    expect(json.exitCode).toBe(code);
    expect(JSON.parse(json.stderr)).toEqual({
      error: { code: expect.any(String), message: expect.any(String) },
    });
  });

  it('shows its message in a form that a terminal does not obey', async () => {
    const error = new FormatError('CBOR_TAG', 'a\u001b[2J\u009b1m\u202e\r');
    for (const flags of [[], ['--json']]) {
      const { stderr } = await runCommand(throwing(error), ['try', ...flags]);
      expect(stderr).not.toMatch(UNPRINTED);
    }
  });
});

it('names an unknown command in a form that a terminal does not obey', async () => {
  const { exitCode, stderr } = await runCommand(commands, ['verfiy\u001b[2J']);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^unknown command: verfiy\\u001b/);
});
