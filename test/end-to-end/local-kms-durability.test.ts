import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListGrantsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { startKmsProcess } from '../support/kms-process.ts';
import { createTestClient } from '../support/local-kms.ts';
import { storeCallsByRequest, TRACED_CALLS } from '../support/store-trace.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const GRANTEE = 'arn:aws:iam::111122223333:role/grantee';
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:*',
    Resource: '*',
  },
});

/** What was written is on the disk before the page that makes it valid is, and both before the answer. */
const WRITE = /^(?:write )+sync root$/;
const READ = /^$/;

// Where there is a strace, it may still not be allowed to trace.
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

describe.skipIf(!canTrace)('local-kms under strace (skipped where strace cannot trace)', () => {
  it('answers a write when the store is on the disk, and a read without any of that', async () => {
    const directory = temporaryDirectory();
    const trace = join(directory, 'trace');
    const data = join(directory, 'data');
    const { child, endpoint } = await startKmsProcess(['--http', '--data', data], {
      under: ['strace', '-f', '-y', '-s', '64', '-o', trace, '-e', `trace=${TRACED_CALLS}`],
    });
    const client = createTestClient({ endpoint });
    const { KeyMetadata } = await client.send(new CreateKeyCommand());
    const steps = stepsOf(client, KeyMetadata?.KeyId as string);
    for (const [, , call] of steps) await call();
    client.destroy();
    const exit = once(child, 'exit');
    // The first process of the trace is the server; strace ends with it.
    process.kill(Number.parseInt(readFileSync(trace, 'utf8'), 10), 'SIGTERM');
    await exit;

    const calls = storeCallsByRequest(readFileSync(trace, 'utf8'), join(data, 'data.mdb'));
    expect(calls).toHaveLength(1 + steps.length);
    expect(calls[0]).toMatch(WRITE);
    steps.forEach(([name, kind], i) => {
      expect(calls[i + 1], name).toMatch(kind === 'write' ? WRITE : READ);
    });
  });
});

type Step = readonly [name: string, kind: 'write' | 'read', call: () => Promise<unknown>];

/** Each of them is one request. */
function stepsOf(client: KMSClient, KeyId: string): readonly Step[] {
  const alias = { AliasName: 'alias/traced', TargetKeyId: KeyId };
  const grant = { KeyId, GranteePrincipal: GRANTEE, Operations: ['Decrypt' as const] };
  const Tags = [{ TagKey: 'traced', TagValue: 'yes' }];
  return [
    ['GetKeyPolicy', 'read', () => client.send(new GetKeyPolicyCommand({ KeyId }))],
    ['CreateAlias', 'write', () => client.send(new CreateAliasCommand(alias))],
    ['UpdateAlias', 'write', () => client.send(new UpdateAliasCommand(alias))],
    ['DescribeKey', 'read', () => client.send(new DescribeKeyCommand({ KeyId }))],
    ['CreateGrant', 'write', () => client.send(new CreateGrantCommand(grant))],
    ['ListGrants', 'read', () => client.send(new ListGrantsCommand({ KeyId }))],
    ['TagResource', 'write', () => client.send(new TagResourceCommand({ KeyId, Tags }))],
    [
      'GenerateDataKey',
      'read',
      () => client.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 1 })),
    ],
    [
      'PutKeyPolicy',
      'write',
      () => client.send(new PutKeyPolicyCommand({ KeyId, Policy: POLICY })),
    ],
    [
      'Encrypt',
      'read',
      () => client.send(new EncryptCommand({ KeyId, Plaintext: Uint8Array.of(1) })),
    ],
    ['DeleteAlias', 'write', () => client.send(new DeleteAliasCommand(alias))],
    ['ScheduleKeyDeletion', 'write', () => client.send(new ScheduleKeyDeletionCommand({ KeyId }))],
  ];
}
