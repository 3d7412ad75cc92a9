import { createCollection, LAST, recordsAt } from './collection.ts';
import type { OpenDatabase } from './lmdb.ts';
import { type AliasRecord, aliasRecord } from './records.ts';
import { createSecondaryIndex } from './secondary-index.ts';
import type { WritableAliasCollection } from './store.ts';

/** The aliases, with an index by the key that they name. */
export function createAliasCollection(open: OpenDatabase): WritableAliasCollection {
  const byTarget = createSecondaryIndex<AliasRecord>(
    open('aliases-by-target'),
    ({ account, region, targetKeyId, name }) => [[account, region, targetKeyId, name]],
  );
  const collection = createCollection<AliasRecord>({
    database: open('aliases'),
    schema: aliasRecord,
    nameOf: ({ name }) => name,
    indexes: [byTarget],
  });
  return {
    ...collection,
    of({ account, region, keyId }, { after, limit }) {
      const target = [account, region, keyId];
      const found = byTarget.find({
        start: after === undefined ? target : [...target, after],
        exclusiveStart: after !== undefined,
        end: [...target, LAST],
        limit,
      });
      return recordsAt(collection, found);
    },
  };
}
