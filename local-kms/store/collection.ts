import type { Database } from 'lmdb';
import type { ZodType } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import type { Realm } from '../realm.ts';
import type { SecondaryIndex } from './secondary-index.ts';
import type { WritableCollection } from './store.ts';

/** `[account, region, name]`: the records of a realm are neighbours, in order. */
export type RecordKey = [string, string, string];

/** Sorts behind every name, which are ASCII. */
export const LAST = '\uffff';

export interface CollectionOptions<T> {
  readonly database: Database<unknown, RecordKey>;
  readonly schema: ZodType<T>;
  readonly nameOf: (record: T) => string;
  /** Kept in step with the records. */
  readonly indexes?: readonly SecondaryIndex<T>[];
}

/** The records of one LMDB database. */
export function createCollection<T extends Realm>(
  options: CollectionOptions<T>,
): WritableCollection<T> {
  const { database, schema, nameOf, indexes = [] } = options;
  const parse = (value: unknown, at: RecordKey): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new ConfigError('LOCAL_KMS_STORE', `the record ${at.join('/')} is not of this version`);
  };
  const read = (at: RecordKey): T | undefined => {
    const value = database.get(at);
    return value === undefined ? undefined : parse(value, at);
  };
  const updateIndexes = (at: RecordKey, after: T | undefined): void => {
    if (indexes.length === 0) return;
    const before = read(at);
    for (const index of indexes) index.update(at, before, after);
  };
  return {
    get: (realm, name) => read(recordKey(realm, name)),

    list(realm, { after, prefix = '', limit }, wanted = () => true) {
      const range = database.getRange({
        start: recordKey(realm, after ?? prefix),
        end: recordKey(realm, prefix + LAST),
        exclusiveStart: after !== undefined,
      });
      const records: T[] = [];
      for (const { key, value } of range) {
        if (records.length >= limit) break;
        const record = parse(value, key);
        if (wanted(record)) records.push(record);
      }
      return records;
    },

    all: () => [...database.getRange({})].map(({ key, value }) => parse(value, key)),

    put(record) {
      const at = recordKey(record, nameOf(record));
      updateIndexes(at, record);
      database.put(at, record);
    },

    remove(realm, name) {
      const at = recordKey(realm, name);
      updateIndexes(at, undefined);
      database.remove(at);
    },
  };
}

/** The records that an index has found. */
export function recordsAt<T>(
  collection: WritableCollection<T>,
  found: readonly RecordKey[],
): readonly T[] {
  return found.map(([account, region, name]) => {
    const record = collection.get({ account, region }, name);
    if (record === undefined) {
      throw new ConfigError('LOCAL_KMS_STORE', `an index has ${name}, which is not there`);
    }
    return record;
  });
}

function recordKey({ account, region }: Realm, name: string): RecordKey {
  return [account, region, name];
}
