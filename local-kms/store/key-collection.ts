import { createCollection, LAST, recordsAt } from './collection.ts';
import type { OpenDatabase } from './lmdb.ts';
import { type KeyRecord, keyRecord } from './records.ts';
import { createSecondaryIndex } from './secondary-index.ts';
import type { WritableKeyCollection } from './store.ts';

/** The keys, with an index of those that have a deletion date and one of the multi-Region ones. */
export function createKeyCollection(open: OpenDatabase): WritableKeyCollection {
  const byDeletionDate = createSecondaryIndex<KeyRecord>(
    open('keys-by-deletion-date'),
    ({ deletionDate, account, region, keyId }) =>
      deletionDate === undefined ? undefined : [deletionDate, account, region, keyId],
  );
  const related = createSecondaryIndex<KeyRecord>(
    open('related-keys'),
    ({ multiRegion, account, keyId, region }) =>
      multiRegion === undefined ? undefined : [account, keyId, region],
  );
  const collection = createCollection<KeyRecord>({
    database: open('keys'),
    schema: keyRecord,
    nameOf: ({ keyId }) => keyId,
    indexes: [byDeletionDate, related],
  });
  return {
    ...collection,
    due: (now) => recordsAt(collection, byDeletionDate.find({ start: [0], end: [now, LAST] })),
    related: ({ account, keyId }) =>
      recordsAt(collection, related.find({ start: [account, keyId], end: [account, keyId, LAST] })),
  };
}
