// The walkthroughs of the AWS Security Blog, as a person runs them: the AWS CLI and openssl against a
// process of the local KMS.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsEnvironment, haveAwsCli } from '../support/aws-cli.ts';
import { type KmsProcess, startKmsProcess } from '../support/kms-process.ts';
import { haveOpenssl } from '../support/openssl.ts';

const scripts = join(import.meta.dirname, '..', '..', 'docs', 'walkthroughs');

const missing = [haveAwsCli ? [] : ['aws'], haveOpenssl ? [] : ['openssl']].flat();
const skipped = missing.length === 0 ? '' : ` (SKIPPED: ${missing.join(' and ')}, not installed)`;

// The CLI takes its time to start, and they start it six times.
const options = { timeout: 90_000 };

describe.skipIf(missing.length > 0)(`the walkthrough${skipped}`, options, () => {
  let kms: KmsProcess;
  const home = mkdtempSync(join(tmpdir(), 'nkb-'));
  beforeAll(async () => {
    kms = await startKmsProcess(['--in-memory']);
  });
  afterAll(async () => {
    await kms?.stop();
    rmSync(home, { recursive: true });
  });

  async function run(script: string, ...args: string[]): Promise<string> {
    const env = awsEnvironment({ endpoint: kms.endpoint, caFile: kms.ca, home });
    const { stdout } = await promisify(execFile)(join(scripts, script), args, { env });
    return stdout;
  }

  it.each([
    ['ECC_NIST_P256', 32],
    ['ECC_NIST_P384', 48],
    ['ECC_NIST_P521', 66],
  ])('ecdh.sh on %s gives openssl and KMS the same %i bytes', async (keySpec, length) => {
    const said = await run('ecdh.sh', keySpec);
    expect(said).toBe(`${keySpec}: openssl and KMS derived the same ${length} bytes\n`);
  });

  it('ecdh.sh refuses a curve that is for signing only, before it creates anything', async () => {
    await expect(run('ecdh.sh', 'ECC_SECG_P256K1')).rejects.toMatchObject({ code: 2 });
  });

  it('rsa-offline.sh has KMS decrypt what openssl encrypted', async () => {
    const said = await run('rsa-offline.sh', 'Grüße, offline');
    expect(said).toBe('KMS decrypted what openssl encrypted: Grüße, offline\n');
  });
});
