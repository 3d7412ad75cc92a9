import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenStore, openStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { AliasRecord, KeyRecord } from '../../../local-kms/store/records.ts';
import { EVERY } from '../../../local-kms/store/store.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const HOME = { region: 'us-east-1', account: '111122223333' };

const key = (keyId: string, fields: Partial<KeyRecord> = {}): KeyRecord => ({
  version: 1,
  ...HOME,
  keyId,
  creationDate: 1,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  keyState: 'Enabled',
  origin: 'AWS_KMS',
  policy: '{}',
  materials: [],
  tags: [],
  ...fields,
});

const alias = (name: string, targetKeyId: string, region = HOME.region): AliasRecord => ({
  version: 1,
  ...HOME,
  region,
  name,
  targetKeyId,
  creationDate: 1,
  lastUpdatedDate: 1,
});

let opened: OpenStore;

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
});

afterEach(() => opened.close());

const put = (...records: (KeyRecord | AliasRecord)[]): Promise<void> =>
  opened.store.write(({ keys, aliases }) => {
    for (const record of records) {
      if ('keyId' in record) keys.put(record);
      else aliases.put(record);
    }
  });

const namesOf = (keyId: string, page = EVERY): string[] =>
  opened.store.aliases.of({ ...HOME, keyId }, page).map(({ name }) => name);

describe('aliases by target', () => {
  it('finds those of one key, in its realm, in order', async () => {
    await put(
      alias('alias/b', 'k1'),
      alias('alias/a', 'k1'),
      alias('alias/c', 'k10'),
      alias('alias/d', 'k1', 'eu-west-1'),
    );
    expect(namesOf('k1')).toEqual(['alias/a', 'alias/b']);
    expect(namesOf('k')).toEqual([]);
  });

  it('finds a page behind a name', async () => {
    await put(alias('alias/a', 'k1'), alias('alias/b', 'k1'), alias('alias/c', 'k1'));
    expect(namesOf('k1', { limit: 2 })).toEqual(['alias/a', 'alias/b']);
    expect(namesOf('k1', { after: 'alias/a', limit: 1 })).toEqual(['alias/b']);
    expect(namesOf('k1', { after: 'alias/c', limit: 1 })).toEqual([]);
  });

  it('follows an alias that moves or goes', async () => {
    await put(alias('alias/a', 'k1'), alias('alias/b', 'k1'));
    await put(alias('alias/a', 'k2'));
    await opened.store.write(({ aliases }) => aliases.remove(HOME, 'alias/b'));
    expect(namesOf('k1')).toEqual([]);
    expect(namesOf('k2')).toEqual(['alias/a']);
  });

  it('sees the changes of its own transaction', async () => {
    const counts = await opened.store.write(({ aliases }) => {
      const count = () => aliases.of({ ...HOME, keyId: 'k1' }, EVERY).length;
      aliases.put(alias('alias/a', 'k1'));
      const one = count();
      aliases.remove(HOME, 'alias/a');
      return [one, count()];
    });
    expect(counts).toEqual([1, 0]);
  });
});

describe('keys by deletion date', () => {
  const due = (now: number): string[] => opened.store.keys.due(now).map(({ keyId }) => keyId);

  it('finds those that are due, of every realm, the earliest first', async () => {
    await put(
      key('late', { keyState: 'PendingDeletion', deletionDate: 30 }),
      key('soon', { keyState: 'PendingDeletion', deletionDate: 9.5, region: 'eu-west-1' }),
      key('next', { keyState: 'PendingDeletion', deletionDate: 10 }),
      key('never'),
    );
    expect(due(9)).toEqual([]);
    expect(due(10)).toEqual(['soon', 'next']);
    expect(due(Number.MAX_SAFE_INTEGER)).toEqual(['soon', 'next', 'late']);
  });

  it('knows when the next one is due, whatever is written', async () => {
    const next = () => opened.store.keys.nextDueDate();
    expect(next()).toBeUndefined();
    await put(key('late', { keyState: 'PendingDeletion', deletionDate: 30 }), key('never'));
    expect(next()).toBe(30);
    await put(key('soon', { keyState: 'PendingDeletion', deletionDate: 9.5 }));
    expect(next()).toBe(9.5);
    await put(key('soon'));
    expect(next()).toBe(30);
  });

  it('forgets a date that was taken back', async () => {
    await put(key('k1', { keyState: 'PendingDeletion', deletionDate: 10 }));
    await put(key('k1'));
    expect(due(10)).toEqual([]);
  });
});

describe('related keys', () => {
  it('finds the keys of one id in every region, of one account', async () => {
    await put(
      key('mrk-1', { multiRegion: 'PRIMARY', region: 'us-west-2' }),
      key('mrk-1', { multiRegion: 'REPLICA', region: 'eu-west-1' }),
      key('mrk-1', { multiRegion: 'PRIMARY', account: '999988887777' }),
      key('mrk-10', { multiRegion: 'PRIMARY' }),
      key('k1'),
    );
    const regions = opened.store.keys.related({ ...HOME, keyId: 'mrk-1' });
    expect(regions.map(({ region }) => region)).toEqual(['eu-west-1', 'us-west-2']);
    expect(opened.store.keys.related({ ...HOME, keyId: 'k1' })).toEqual([]);
  });
});

it('keeps every index in a data directory', async () => {
  const directory = temporaryDirectory();
  const first = await openStore(directory, randomBytes);
  await first.store.write(({ keys, aliases }) => {
    keys.put(
      key('mrk-1', { multiRegion: 'PRIMARY', keyState: 'PendingDeletion', deletionDate: 10 }),
    );
    aliases.put(alias('alias/a', 'mrk-1'));
  });
  await first.close();
  const { store, close } = await openStore(directory, randomBytes);
  expect(store.keys.due(10)).toHaveLength(1);
  expect(store.keys.related({ ...HOME, keyId: 'mrk-1' })).toHaveLength(1);
  expect(store.aliases.of({ ...HOME, keyId: 'mrk-1' }, EVERY)).toHaveLength(1);
  await close();
});
