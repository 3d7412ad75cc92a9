import { describe, expect, it } from 'vitest';
import { enclaveCommand } from '../../cli/enclave.ts';
import { runCommand } from '../support/command-io.ts';

const run = (...argv: string[]) => runCommand([enclaveCommand], ['enclave', ...argv]);

describe('nitro-key-broker enclave', () => {
  it.each([
    ['no configuration', []],
    ['a configuration without a name', ['--config']],
    ['a flag that it does not have', ['--config', 'x', '--profile', 'development']],
    ['an argument too many', ['--config', 'x', 'y']],
  ])('is wrong usage with %s', async (_what, argv) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toHaveLength(0);
    expect(stderr).toContain('--config FILE');
  });

  it('refuses a configuration that is not there, and leaves no signal handler', async () => {
    const before = process.listenerCount('SIGTERM');
    const { exitCode, stderr } = await run('--config', '/nonexistent/enclave.yaml');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('CONFIG_UNREADABLE');
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('says in its help what it does and how it ends', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toContain('Exits 0 after SIGINT or SIGTERM');
  });
});
