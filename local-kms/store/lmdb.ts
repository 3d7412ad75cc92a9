import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { ZodType } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import type { Realm } from '../realm.ts';
import { isLmdbFile } from './lmdb-file.ts';
import { aliasRecord, keyRecord } from './records.ts';
import type { Store } from './store.ts';

/** `[account, region, id or name]`: the records of a realm are neighbours, in order. */
type RecordKey = [string, string, string];

/** Sorts behind every key id and alias name, which are ASCII. */
const LAST = '\uffff';

export interface LmdbStoreOptions {
  readonly directory: string;
  /** Whether to wait for the disk. False only for a store that is thrown away at close. */
  readonly durable: boolean;
}

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
  const meta = root.openDB<string, string>({ name: 'meta', encoding: 'json' });
  const keys = root.openDB<unknown, RecordKey>({ name: 'keys', encoding: 'json' });
  const aliases = root.openDB<unknown, RecordKey>({ name: 'aliases', encoding: 'json' });

  // `flushed` is what means "on the disk"; the transaction's own promise means "committed".
  const write = async <T>(action: () => T): Promise<T> => {
    const result = await root.transaction(action);
    await root.flushed;
    return result;
  };

  return {
    readMeta: (name) => meta.get(name),
    writeMeta: (name, value) =>
      write(() => {
        meta.put(name, value);
      }),

    getKey: (realm, keyId) => read(keyRecord, keys, recordKey(realm, keyId)),
    listKeys: (realm, page) => take(list(keyRecord, keys, realm, page.after), page.limit),
    insertKey: (record) =>
      write(() => {
        keys.put(recordKey(record, record.keyId), record);
      }),
    updateKey: (realm, keyId, change) =>
      write(() => {
        const at = recordKey(realm, keyId);
        const record = read(keyRecord, keys, at);
        if (record === undefined) return false;
        keys.put(at, change(record));
        return true;
      }),

    getAlias: (realm, name) => read(aliasRecord, aliases, recordKey(realm, name)),
    listAliases: (realm, page, targetKeyId) =>
      take(
        list(aliasRecord, aliases, realm, page.after),
        page.limit,
        (record) => targetKeyId === undefined || record.targetKeyId === targetKeyId,
      ),
    insertAlias: (record) =>
      write(() => {
        const at = recordKey(record, record.name);
        if (aliases.doesExist(at)) return false;
        aliases.put(at, record);
        return true;
      }),

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
      maxDbs: 8,
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

function recordKey(realm: Realm, name: string): RecordKey {
  return [realm.account, realm.region, name];
}

function read<T>(
  schema: ZodType<T>,
  db: Database<unknown, RecordKey>,
  at: RecordKey,
): T | undefined {
  const value = db.get(at);
  return value === undefined ? undefined : parseRecord(schema, value, at);
}

function* list<T>(
  schema: ZodType<T>,
  db: Database<unknown, RecordKey>,
  realm: Realm,
  after: string | undefined,
): Generator<T> {
  const range = db.getRange({
    start: recordKey(realm, after ?? ''),
    end: recordKey(realm, LAST),
    exclusiveStart: after !== undefined,
  });
  for (const { key, value } of range) yield parseRecord(schema, value, key);
}

function take<T>(
  records: Iterable<T>,
  limit: number,
  wanted: (record: T) => boolean = () => true,
): T[] {
  const taken: T[] = [];
  for (const record of records) {
    if (taken.length === limit) break;
    if (wanted(record)) taken.push(record);
  }
  return taken;
}

function parseRecord<T>(schema: ZodType<T>, value: unknown, at: RecordKey): T {
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new ConfigError('LOCAL_KMS_STORE', `the record ${at.join('/')} is not of this version`);
  }
  return result.data;
}
