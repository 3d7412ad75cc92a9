import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KMS_OPERATIONS } from '../../support/kms-operations.ts';
import { startTestKms } from '../../support/local-kms.ts';
import { haveOpenssl } from '../../support/openssl.ts';
import { readServiceModel } from '../../support/service-model.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const script = join(import.meta.dirname, 'boto3_operations.py');

const haveBoto3 = readServiceModel() !== undefined;
const missing = [haveBoto3 ? [] : ['a current boto3'], haveOpenssl ? [] : ['openssl']].flat();
const skipped = missing.length === 0 ? '' : ` (SKIPPED: ${missing.join(' and ')}, not installed)`;

describe.skipIf(missing.length > 0)(`boto3${skipped}`, () => {
  it.each(['tls', 'http'] as const)('does every operation over %s', async (kind) => {
    const kms = await startTestKms({ transport: { kind } });
    onTestFinished(() => kms.close());
    const directory = temporaryDirectory();
    const caFile = join(directory, 'ca.pem');
    if (kms.caPem !== undefined) writeFileSync(caFile, kms.caPem);
    const args = [script, kms.endpoint, ...(kms.caPem === undefined ? [] : [caFile])];
    const { stdout } = await promisify(execFile)('python3', args, {
      // A person's own settings are not for a test.
      env: { PATH: process.env.PATH, HOME: directory },
    });
    expect(JSON.parse(stdout)).toEqual([...KMS_OPERATIONS].sort());
  });
});
