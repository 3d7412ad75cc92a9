import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListGrantsCommand,
  ListResourceTagsCommand,
  NotFoundException,
  PutKeyPolicyCommand,
  RevokeGrantCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import { binary } from '../support/built.ts';
import { startKmsProcess } from '../support/kms-process.ts';
import { createTestClient } from '../support/local-kms.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROUNDS = process.env.CI === undefined ? 10 : 200;
/** Stores that are tried side by side, each for its share of the rounds. */
const STORES = 2;
const WRITERS = 4;
const MAX_ACKNOWLEDGED_A_ROUND = 40;
const MAX_DELAY_MS = 5;
/** Of every so many rounds, one kills a process while it starts, too. */
const KILLED_START_EVERY = 10;
const MAX_START_MS = 500;

const GRANTEE = 'arn:aws:iam::111122223333:user/grantee';
const PRINCIPALS = [
  { accessKeyId: 'local', secretAccessKey: 'local', arn: 'arn:aws:iam::111122223333:root' },
  { accessKeyId: 'grantee', secretAccessKey: 'grantee', arn: GRANTEE },
];

interface Clients {
  readonly owner: KMSClient;
  readonly grantee: KMSClient;
}

/** Something that was acknowledged: it holds as long as that is there, and of use. */
type Check = (clients: Clients) => Promise<void>;

/** Takes what was acknowledged just now. */
type Acknowledge = (check: Check) => void;

it(
  `has lost nothing that it acknowledged when it is killed amid writes, ${ROUNDS} times`,
  async () => {
    const stores = Array.from({ length: STORES }, () => tryStore(ROUNDS / STORES));
    await Promise.all(stores);
  },
  60_000 + ROUNDS * 5000,
);

async function tryStore(rounds: number): Promise<void> {
  const directory = temporaryDirectory();
  const seed = join(directory, 'principals.json');
  writeFileSync(seed, JSON.stringify({ principals: PRINCIPALS }));
  const argv = ['--http', '--data', join(directory, 'data'), '--seed', seed];

  const checks: Check[] = [];
  let checked = 0;
  for (let round = 0; round < rounds; round++) {
    if (round % KILLED_START_EVERY === 1) await killWhileItStarts(argv);
    const { child, clients } = await start(argv);
    await runAll(checks.slice(checked), clients);
    checked = checks.length;
    const enough = checked + 1 + Math.floor(Math.random() * MAX_ACKNOWLEDGED_A_ROUND);
    const acknowledge = (check: Check): void => {
      checks.push(check);
      if (checks.length === enough) {
        void setTimeout(Math.random() * MAX_DELAY_MS).then(() => child.kill('SIGKILL'));
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      writeUntilKilled(clients.owner, `${round}-${writer}`, acknowledge),
    );
    await Promise.all([once(child, 'exit'), Promise.allSettled(writers)]);
  }
  const { stop, clients } = await start(argv);
  await runAll(checks, clients);
  await stop();
}

async function start(argv: readonly string[]) {
  const { child, endpoint, stop } = await startKmsProcess(argv);
  const grantee = createTestClient(
    { endpoint },
    { credentials: { accessKeyId: 'grantee', secretAccessKey: 'grantee' } },
  );
  const clients = { owner: createTestClient({ endpoint }), grantee };
  onTestFinished(() => {
    child.kill('SIGKILL');
    clients.owner.destroy();
    clients.grantee.destroy();
  });
  return { child, clients, stop };
}

async function killWhileItStarts(argv: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [binary, 'local-kms', '--port', '0', ...argv]);
  const exit = once(child, 'exit');
  await setTimeout(Math.random() * MAX_START_MS);
  child.kill('SIGKILL');
  await exit;
}

async function runAll(checks: readonly Check[], clients: Clients): Promise<void> {
  const waiting = checks.values();
  const run = async (): Promise<void> => {
    for (const check of waiting) await check(clients);
  };
  await Promise.all(Array.from({ length: WRITERS }, run));
}

/** A value that is written one time after the other. */
interface Register<T> {
  readonly check: Check;
  /** Until the write is acknowledged, a reader may find the old value or the new one. */
  write(value: T, send: () => Promise<unknown>): Promise<void>;
}

function createRegister<T>(acknowledged: T, read: (owner: KMSClient) => Promise<T>): Register<T> {
  let expected: readonly T[] = [acknowledged];
  return {
    check: async ({ owner }) => expect(expected).toContainEqual(await read(owner)),
    async write(value, send) {
      expected = [...expected, value];
      await send();
      expected = [value];
    },
  };
}

/** Rejects when the process is gone. */
async function writeUntilKilled(
  owner: KMSClient,
  name: string,
  acknowledge: Acknowledge,
): Promise<never> {
  for (let i = 0; ; i++) {
    const keyId = await writeKey(owner, acknowledge);
    await writeAlias(owner, keyId, `alias/${name}-${i}`, acknowledge);
    await writeTags(owner, keyId, acknowledge);
    await writePolicy(owner, keyId, acknowledge);
    await writeGrants(owner, keyId, acknowledge);
  }
}

async function writeKey(client: KMSClient, acknowledge: Acknowledge): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand());
  const KeyId = KeyMetadata?.KeyId as string;
  const encrypt = (owner: KMSClient) =>
    owner.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(KeyId) }));
  acknowledge(async ({ owner }) => {
    expect(await decrypt(owner, (await encrypt(owner)).CiphertextBlob)).toBe(KeyId);
  });
  const { CiphertextBlob } = await encrypt(client);
  acknowledge(async ({ owner }) => expect(await decrypt(owner, CiphertextBlob)).toBe(KeyId));
  return KeyId;
}

async function decrypt(client: KMSClient, CiphertextBlob: Uint8Array | undefined): Promise<string> {
  const { Plaintext = new Uint8Array() } = await client.send(
    new DecryptCommand({ CiphertextBlob }),
  );
  return Buffer.from(Plaintext).toString();
}

async function writeAlias(
  client: KMSClient,
  keyId: string,
  AliasName: string,
  acknowledge: Acknowledge,
): Promise<void> {
  await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: keyId }));
  const target = createRegister<string | undefined>(keyId, async (owner) => {
    try {
      const { KeyMetadata } = await owner.send(new DescribeKeyCommand({ KeyId: AliasName }));
      return KeyMetadata?.KeyId;
    } catch (error) {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    }
  });
  acknowledge(target.check);
  const other = await writeKey(client, acknowledge);
  await target.write(other, () =>
    client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: other })),
  );
  if (AliasName.endsWith('0')) {
    await target.write(undefined, () => client.send(new DeleteAliasCommand({ AliasName })));
  }
}

async function writeTags(
  client: KMSClient,
  KeyId: string,
  acknowledge: Acknowledge,
): Promise<void> {
  const tag = (TagValue: string) =>
    client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'state', TagValue }] }));
  await tag('first');
  const state = createRegister<string | undefined>('first', async (owner) => {
    const { Tags = [] } = await owner.send(new ListResourceTagsCommand({ KeyId }));
    return Tags[0]?.TagValue;
  });
  acknowledge(state.check);
  await state.write('second', () => tag('second'));
}

async function writePolicy(
  client: KMSClient,
  KeyId: string,
  acknowledge: Acknowledge,
): Promise<void> {
  const read = async (owner: KMSClient): Promise<string> =>
    (await owner.send(new GetKeyPolicyCommand({ KeyId }))).Policy as string;
  const policy = await read(client);
  const changed = policy.replace('key-default-1', `key-${KeyId}`);
  const register = createRegister(policy, read);
  acknowledge(register.check);
  await register.write(changed, () =>
    client.send(new PutKeyPolicyCommand({ KeyId, Policy: changed })),
  );
}

/** One that stays, which lets its grantee decrypt, and one that is revoked. */
async function writeGrants(
  client: KMSClient,
  KeyId: string,
  acknowledge: Acknowledge,
): Promise<void> {
  const Operations = ['Decrypt' as const];
  const create = () =>
    client.send(new CreateGrantCommand({ KeyId, GranteePrincipal: GRANTEE, Operations }));
  const isThere = (GrantId: string | undefined) => async (owner: KMSClient) => {
    const { Grants = [] } = await owner.send(new ListGrantsCommand({ KeyId, GrantId }));
    return Grants.length === 1;
  };
  const { GrantId: revokedId } = await create();
  const revoked = createRegister(true, isThere(revokedId));
  acknowledge(revoked.check);
  await revoked.write(false, () =>
    client.send(new RevokeGrantCommand({ KeyId, GrantId: revokedId })),
  );
  const { GrantId } = await create();
  acknowledge(createRegister(true, isThere(GrantId)).check);
  acknowledge(async ({ owner, grantee }) => {
    const Plaintext = Buffer.from(KeyId);
    const { CiphertextBlob } = await owner.send(new EncryptCommand({ KeyId, Plaintext }));
    expect(await decrypt(grantee, CiphertextBlob)).toBe(KeyId);
  });
}
