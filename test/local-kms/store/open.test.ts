import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isLmdbFile } from '../../../local-kms/store/lmdb-file.ts';
import { MASTER_KEY_FILE } from '../../../local-kms/store/master-key.ts';
import { openStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { AliasRecord, KeyRecord } from '../../../local-kms/store/records.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const realm = { region: 'us-east-1', account: '111122223333' };

function keyRecord(keyId: string, sealed: string): KeyRecord {
  return {
    version: 1,
    ...realm,
    keyId,
    creationDate: 1.5,
    description: '',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    keyState: 'Enabled',
    origin: 'AWS_KMS',
    policy: '{}',
    materials: [{ id: 'ab', sealed }],
    tags: [],
  };
}

function aliasRecord(name: string, targetKeyId: string): AliasRecord {
  return { version: 1, ...realm, name, targetKeyId, creationDate: 1, lastUpdatedDate: 1 };
}

describe('store', () => {
  it('gives back after a restart what was written before, material included', async () => {
    const directory = temporaryDirectory();
    const first = await openStore(directory, randomBytes);
    const record = keyRecord('k1', first.vault.seal('label', new Uint8Array([1, 2, 3])));
    await first.store.write(({ keys }) => keys.put(record));
    await first.store.write(({ aliases }) => aliases.put(aliasRecord('alias/a', 'k1')));
    await first.close();

    const second = await openStore(directory, randomBytes);
    expect(second.store.keys.get(realm, 'k1')).toEqual(record);
    expect(second.store.aliases.get(realm, 'alias/a')?.targetKeyId).toBe('k1');
    const material = second.vault.open('label', record.materials[0]?.sealed ?? '');
    expect(material.reveal((bytes) => [...bytes])).toEqual([1, 2, 3]);
    await second.close();
  });

  it('keeps realms apart, and lists one of them in order, page by page', async () => {
    const opened = openTemporaryStore(randomBytes);
    const { store } = opened;
    for (const keyId of ['c', 'a', 'b'])
      await store.write(({ keys }) => keys.put(keyRecord(keyId, '')));
    await store.write(({ keys }) => keys.put({ ...keyRecord('z', ''), region: 'us-east-2' }));
    const ids = (after: string | undefined, limit: number) =>
      store.keys.list(realm, { after, limit }).map(({ keyId }) => keyId);
    expect(ids(undefined, 10)).toEqual(['a', 'b', 'c']);
    expect(ids('a', 1)).toEqual(['b']);
    expect(ids('c', 10)).toEqual([]);
    expect(store.keys.get({ ...realm, region: 'us-east-2' }, 'a')).toBeUndefined();
    expect(store.keys.get({ ...realm, account: '444455556666' }, 'a')).toBeUndefined();
    await opened.close();
  });

  it('gives a name to one of those who ask for it at once', async () => {
    const opened = openTemporaryStore(randomBytes);
    const claims = ['a', 'b', 'c', 'd'].map((keyId) =>
      opened.store.write(({ aliases }) => {
        if (aliases.get(realm, 'alias/x') !== undefined) return false;
        aliases.put(aliasRecord('alias/x', keyId));
        return true;
      }),
    );
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
    await opened.close();
  });

  it('changes a key without losing a change made at the same time', async () => {
    const opened = openTemporaryStore(randomBytes);
    await opened.store.write(({ keys }) => keys.put(keyRecord('k', '')));
    const append = (text: string) =>
      opened.store.write(({ keys }) => {
        const key = keys.get(realm, 'k') ?? keyRecord('k', '');
        keys.put({ ...key, policy: key.policy + text });
      });
    await Promise.all([append('a'), append('b'), append('c')]);
    expect(opened.store.keys.get(realm, 'k')?.policy).toBe('{}abc');
    await opened.close();
  });

  it('holds no material in the clear, and the master key for its owner only', async () => {
    const directory = temporaryDirectory();
    const opened = await openStore(directory, randomBytes);
    const material = randomBytes(32);
    await opened.store.write(({ keys }) =>
      keys.put(keyRecord('k', opened.vault.seal('label', material))),
    );
    await opened.close();
    const masterKey = readFileSync(join(directory, MASTER_KEY_FILE));
    expect(statSync(join(directory, MASTER_KEY_FILE)).mode & 0o777).toBe(0o600);
    const data = readFileSync(join(directory, 'data.mdb'));
    for (const secret of [material, masterKey]) {
      expect(data.includes(secret)).toBe(false);
      expect(data.includes(secret.toString('base64').slice(0, 40))).toBe(false);
      expect(data.includes(secret.toString('hex'))).toBe(false);
    }
    expect(readdirSync(directory).sort()).toEqual([
      'data.mdb',
      'lock.mdb',
      MASTER_KEY_FILE,
      'process.lock',
    ]);
  });

  it('is open in one place at a time, and free again when it is closed', async () => {
    const directory = temporaryDirectory();
    const first = await openStore(directory, randomBytes);
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({
      code: 'LOCAL_KMS_LOCKED',
    });
    await first.close();
    await (await openStore(directory, randomBytes)).close();
  });

  it('is free again after a start that failed', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, MASTER_KEY_FILE), randomBytes(31), { mode: 0o600 });
    const code = 'LOCAL_KMS_MASTER_KEY';
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({ code });
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({ code });
  });

  it.each<[string, (path: string) => void]>([
    ['another one', (path) => writeFileSync(path, randomBytes(32))],
    ['too short', (path) => writeFileSync(path, randomBytes(31))],
    ['open to the group', (path) => chmodSync(path, 0o640)],
  ])('refuses a master key that is %s', async (_name, damage) => {
    const directory = temporaryDirectory();
    await (await openStore(directory, randomBytes)).close();
    damage(join(directory, MASTER_KEY_FILE));
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({
      code: 'LOCAL_KMS_MASTER_KEY',
    });
  });

  it('refuses a directory that cannot hold a store, and a file', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'data.mdb'));
    const file = join(directory, 'file');
    writeFileSync(file, '');
    await expect(openStore(file, randomBytes)).rejects.toMatchObject({ code: 'LOCAL_KMS_STORE' });
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({
      code: 'LOCAL_KMS_STORE',
    });
  });
});

describe('a temporary store', () => {
  it('has no file that anybody finds, from the start', async () => {
    const directory = temporaryDirectory();
    vi.stubEnv('TMPDIR', directory);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { store, close } = openTemporaryStore(randomBytes);
    expect(readdirSync(directory)).toEqual([]);
    // More than LMDB's map has to begin with.
    const description = 'x'.repeat(8000);
    for (let i = 0; i < 10; i++) {
      await store.write(({ keys }) => {
        for (let j = 0; j < 100; j++) keys.put({ ...keyRecord(`${i}-${j}`, ''), description });
      });
    }
    expect(store.keys.get(realm, '9-99')?.description).toBe(description);
    expect(store.keys.all()).toHaveLength(1000);
    await close();
  });
});

describe('a data file', () => {
  async function dataFile(): Promise<{ directory: string; path: string }> {
    const directory = temporaryDirectory();
    await (await openStore(directory, randomBytes)).close();
    return { directory, path: join(directory, 'data.mdb') };
  }

  const overwrite = (at: number) => (path: string) => {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
  };

  // LMDB itself ends the process on most of these, so the check is asked first by itself.
  it.each<[string, (path: string) => void]>([
    ['is garbage', (path) => writeFileSync(path, Buffer.alloc(12_288, 0x5a))],
    ['is all zeros', (path) => writeFileSync(path, Buffer.alloc(12_288))],
    ['is shorter than a header', (path) => writeFileSync(path, 'x')],
    ['does not begin with a page of metadata', overwrite(18)],
    ['has another magic', overwrite(24)],
    ['is of another version', overwrite(28)],
    ['lacks its second page', (path) => truncateSync(path, 4096)],
  ])('that %s is refused', async (_what, damage) => {
    const { directory, path } = await dataFile();
    expect(isLmdbFile(path)).toBe(true);
    damage(path);
    expect(isLmdbFile(path)).toBe(false);
    await expect(openStore(directory, randomBytes)).rejects.toMatchObject({
      code: 'LOCAL_KMS_STORE',
    });
  });

  it('may lie in a directory with a dot in its name', async () => {
    const directory = join(temporaryDirectory(), 'kms.data');
    await (await openStore(directory, randomBytes)).close();
    expect(readdirSync(directory)).toContain('data.mdb');
  });
});

describe('vault', () => {
  it('opens for the label it was sealed for only, and not damaged', async () => {
    const opened = openTemporaryStore(randomBytes);
    const sealed = opened.vault.seal('key/a', new Uint8Array(8));
    expect(opened.vault.open('key/a', sealed).length).toBe(8);
    const damaged = Buffer.from(sealed, 'base64');
    damaged[20] = (damaged[20] as number) ^ 1;
    for (const [label, text] of [
      ['key/b', sealed],
      ['key/a', damaged.toString('base64')],
      ['key/a', ''],
    ] as const) {
      expect(() => opened.vault.open(label, text)).toThrow(
        expect.objectContaining({ code: 'LOCAL_KMS_MASTER_KEY' }),
      );
    }
    await opened.close();
  });
});
