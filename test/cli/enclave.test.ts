import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclaveCommand } from '../../cli/enclave.ts';
import { runCommand } from '../support/command-io.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = (...argv: string[]) => runCommand([enclaveCommand], ['enclave', ...argv]);

describe('nitro-key-broker enclave', () => {
  it.each([
    ['no configuration', []],
    ['a configuration without a name', ['--config']],
    ['a flag that it does not have', ['--config', 'x', '--profile', 'development']],
    ['an argument too many', ['--config', 'x', 'y']],
    ['two things to do', ['--config', 'x', '--check', '--print-config']],
  ])('is wrong usage with %s', async (_what, argv) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    expect(exitCode).toBe(2);
    expect(stdout).toHaveLength(0);
    expect(stderr).toContain('--config FILE');
  });

  it('is wrong usage with --json and nothing to print', async () => {
    const { exitCode, stderr } = await run('--config', 'x', '--json');
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE' } });
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

describe('nitro-key-broker enclave, starting nothing', () => {
  const written = (text: string): string => {
    const path = join(temporaryDirectory(), 'enclave.yaml');
    writeFileSync(path, text);
    return path;
  };
  const yaml = `
credentials: vsock://3:8001
kms: { proxy: 'vsock://3:8000', region: eu-west-1 }
keys:
  files:
    arn: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    operations: [Decrypt]
    encryptionContext: { Straße: "\\u2028 \\U0001F511" }
`;

  it('prints the configuration with its defaults, and a hash that anybody can compute', async () => {
    const path = written(yaml);
    const { exitCode, stdout } = await run('--config', path, '--print-config', '--json');
    expect(exitCode).toBe(0);
    const line = stdout.toString();
    const { configHash, config } = JSON.parse(line) as { configHash: string; config: object };
    expect(config).toMatchObject({
      profile: 'production',
      kms: { region: 'eu-west-1', proxy: 'vsock://3:8000', timeoutMs: 10_000 },
      selfTest: { operation: 'GenerateRandom' },
    });
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    // As a client does it that reads JSON, and as a shell does it that cuts the line.
    expect(sha256(JSON.stringify(config))).toBe(configHash);
    expect(sha256(line.slice(line.indexOf('"config":') + 9, -2))).toBe(configHash);
  });

  it('has the same hash for the same configuration, and another for another', async () => {
    const hashOf = async (text: string) => {
      const { stdout } = await run('--config', written(text), '--check', '--json');
      return (JSON.parse(stdout.toString()) as { configHash: string }).configHash;
    };
    const reordered = `${yaml.trim().split('\n').slice(1).join('\n')}\ncredentials: vsock://3:8001`;
    expect(await hashOf(reordered)).toBe(await hashOf(yaml));
    expect(await hashOf(`${yaml}\nprofile: production`)).toBe(await hashOf(yaml));
    expect(await hashOf(yaml.replace('8001', '8002'))).not.toBe(await hashOf(yaml));
  });

  it('prints for people: the configuration, then profile and hash', async () => {
    const printed = (await run('--config', written(yaml), '--print-config')).stdout.toString();
    const lines = printed.trimEnd().split('\n');
    expect(lines.pop()).toMatch(/^profile production, configuration SHA-256 [0-9a-f]{64}$/);
    expect(JSON.parse(lines.join('\n'))).toMatchObject({ profile: 'production' });
    const checked = (await run('--config', written(yaml), '--check')).stdout.toString();
    expect(checked).toBe(`${printed.trimEnd().split('\n').at(-1)}\n`);
  });

  it.each(['--check', '--print-config'])(
    'refuses with %s what it would not start',
    async (flag) => {
      const path = written(yaml.replace('kms:', 'profil: development\nkms:'));
      const { exitCode, stdout, stderr } = await run('--config', path, flag);
      expect(exitCode).toBe(2);
      expect(stdout).toHaveLength(0);
      expect(stderr).toContain('CONFIG_UNKNOWN_KEY');
    },
  );
});
