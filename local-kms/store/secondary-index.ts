import type { Database } from 'lmdb';
import type { RecordKey } from './collection.ts';

export type IndexKey = (string | number)[];

/** Another order in which to find the records of a collection, in an LMDB database of its own. */
export interface SecondaryIndex<T> {
  /** Follows a change of the record at `at`, in the transaction that makes it. */
  update(at: RecordKey, before: T | undefined, after: T | undefined): void;
  /** Where the records in a range lie, in the order of the index; `end` is not part of it. */
  find(range: IndexRange): readonly RecordKey[];
}

export interface IndexRange {
  readonly start: IndexKey;
  readonly exclusiveStart?: boolean;
  readonly end: IndexKey;
  readonly limit?: number;
}

/** @param keysOf - unlike those of any other record; none for a record that is not indexed. */
export function createSecondaryIndex<T>(
  database: Database<RecordKey, IndexKey>,
  keysOf: (record: T) => readonly IndexKey[],
): SecondaryIndex<T> {
  return {
    update(at, before, after) {
      for (const key of before === undefined ? [] : keysOf(before)) database.remove(key);
      for (const key of after === undefined ? [] : keysOf(after)) database.put(key, at);
    },
    find: (range) => [...database.getRange(range).map(({ value }) => value)],
  };
}
