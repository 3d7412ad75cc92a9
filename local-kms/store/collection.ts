import type { Database } from 'lmdb';
import type { ZodType } from 'zod';
import { ConfigError } from '../../shared/errors.ts';
import type { Realm } from '../realm.ts';
import type { WritableCollection } from './store.ts';

/** `[account, region, name]`: the records of a realm are neighbours, in order. */
export type RecordKey = [string, string, string];

/** Sorts behind every name, which are ASCII. */
const LAST = '\uffff';

/** The records of one LMDB database. */
export function createCollection<T extends Realm>(
  database: Database<unknown, RecordKey>,
  schema: ZodType<T>,
  nameOf: (record: T) => string,
): WritableCollection<T> {
  const parse = (value: unknown, at: RecordKey): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new ConfigError('LOCAL_KMS_STORE', `the record ${at.join('/')} is not of this version`);
  };
  return {
    get(realm, name) {
      const at = recordKey(realm, name);
      const value = database.get(at);
      return value === undefined ? undefined : parse(value, at);
    },

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

    put(record) {
      database.put(recordKey(record, nameOf(record)), record);
    },

    remove(realm, name) {
      database.remove(recordKey(realm, name));
    },
  };
}

function recordKey({ account, region }: Realm, name: string): RecordKey {
  return [account, region, name];
}
