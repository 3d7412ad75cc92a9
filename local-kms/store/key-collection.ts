import { dueDateOf } from '../keys/lifecycle.ts';
import { createCollection, LAST, recordsAt } from './collection.ts';
import type { OpenDatabase } from './lmdb.ts';
import { type KeyRecord, keyRecord } from './records.ts';
import { createSecondaryIndex } from './secondary-index.ts';
import type { WritableKeyCollection } from './store.ts';

/** The keys, with an index of those that something is due for and one of the multi-Region ones. */
export function createKeyCollection(open: OpenDatabase): WritableKeyCollection {
  const byDueDate = createSecondaryIndex<KeyRecord>(open('keys-by-due-date'), (record) => {
    const date = dueDateOf(record);
    return date === undefined ? [] : [[date, record.account, record.region, record.keyId]];
  });
  const related = createSecondaryIndex<KeyRecord>(
    open('related-keys'),
    ({ multiRegion, account, keyId, region }) =>
      multiRegion === undefined ? [] : [[account, keyId, region]],
  );
  const collection = createCollection<KeyRecord>({
    database: open('keys'),
    schema: keyRecord,
    nameOf: ({ keyId }) => keyId,
    indexes: [byDueDate, related],
  });
  return {
    ...collection,
    nextDueDate() {
      const [first] = recordsAt(collection, byDueDate.find({ start: [0], end: [LAST], limit: 1 }));
      return first && dueDateOf(first);
    },
    due: (now) => recordsAt(collection, byDueDate.find({ start: [0], end: [now, LAST] })),
    related: ({ account, keyId }) =>
      recordsAt(collection, related.find({ start: [account, keyId], end: [account, keyId, LAST] })),
  };
}
