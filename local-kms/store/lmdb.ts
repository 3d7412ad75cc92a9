import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { ConfigError } from '../../shared/errors.ts';
import { createAliasCollection } from './alias-collection.ts';
import { createGrantCollection } from './grant-collection.ts';
import { createKeyCollection } from './key-collection.ts';
import { isLmdbFile } from './lmdb-file.ts';
import { createReadCache } from './read-cache.ts';
import type { Collection, Store } from './store.ts';

const REMEMBERED_READS = 1000;

export interface LmdbStoreOptions {
  readonly directory: string;
  /** Whether to wait for the disk. False only for a store that is thrown away at close. */
  readonly durable: boolean;
}

/** Opens a database of the store by name, or makes it. */
export type OpenDatabase = <V, K extends Key>(name: string) => Database<V, K>;

export interface LmdbStore extends Store {
  /** A record about the store itself. */
  readMeta(name: string): string | undefined;
  writeMeta(name: string, value: string): Promise<void>;
}

/**
 * Opens the store, or makes one in an empty directory.
 *
 * @throws {ConfigError} LOCAL_KMS_STORE if LMDB cannot open it, or its file is not of LMDB.
 */
export function openLmdbStore({ directory, durable }: LmdbStoreOptions): LmdbStore {
  const root = openRoot(directory, durable);
  const database: OpenDatabase = (name) => root.openDB({ name, encoding: 'json' });
  const meta = database<string, string>('meta');
  const transaction = {
    keys: createKeyCollection(database),
    aliases: createAliasCollection(database),
    grants: createGrantCollection(database),
  };

  const cache = createReadCache(REMEMBERED_READS);
  // `flushed` is what means "on the disk"; the transaction's own promise means "committed".
  const write = <T>(action: () => T): Promise<T> =>
    cache.write(async () => {
      const result = await root.transaction(action);
      await root.flushed;
      return result;
    });
  const { keys, aliases, grants } = transaction;
  const getOf =
    <T>(kind: string, { get }: Collection<T>): Collection<T>['get'] =>
    (realm, name) =>
      cache.read(`${kind}/${realm.account}/${realm.region}/${name}`, () => get(realm, name));

  return {
    readMeta: (name) => meta.get(name),
    writeMeta: (name, value) =>
      write(() => {
        meta.put(name, value);
      }),
    keys: {
      ...keys,
      get: getOf('key', keys),
      nextDueDate: () => cache.read('next due date', keys.nextDueDate),
    },
    aliases: { ...aliases, get: getOf('alias', aliases) },
    grants: {
      ...grants,
      to(grantee, page) {
        const name = JSON.stringify([grantee, page.limit, page.after?.grantId]);
        return cache.read(`grants/${name}`, () => grants.to(grantee, page));
      },
    },
    write: (action) => write(() => action(transaction)),
    close: () => root.close(),
  };
}

function openRoot(directory: string, durable: boolean): RootDatabase {
  try {
    if (!isLmdbFile(join(directory, 'data.mdb'))) throw new Error('data.mdb is not of LMDB');
    return open({
      path: directory,
      // By default a directory whose name has a dot would be taken for the file itself.
      noSubdir: false,
      maxDbs: 16,
      // One fdatasync before the commit becomes visible, instead of one some time after it.
      overlappingSync: false,
      noSync: !durable,
    });
  } catch (cause) {
    throw new ConfigError('LOCAL_KMS_STORE', `the store in ${directory} cannot be opened`, {
      cause,
    });
  }
}
