import { createCollection, LAST, type RecordKey, recordsAt } from './collection.ts';
import type { OpenDatabase } from './lmdb.ts';
import { type GrantRecord, grantRecord } from './records.ts';
import { createSecondaryIndex } from './secondary-index.ts';
import { EVERY, grantName, type WritableGrantCollection } from './store.ts';

/** The grants, with an index by the principal that may retire them. */
export function createGrantCollection(open: OpenDatabase): WritableGrantCollection {
  const database = open<unknown, RecordKey>('grants');
  const byRetiringPrincipal = createSecondaryIndex<GrantRecord>(
    open('grants-by-retiring-principal'),
    ({ region, retiringPrincipal, account, keyId, grantId }) =>
      retiringPrincipal === undefined
        ? undefined
        : [region, retiringPrincipal, account, keyId, grantId],
  );
  const collection = createCollection<GrantRecord>({
    database,
    schema: grantRecord,
    nameOf: grantName,
    indexes: [byRetiringPrincipal],
  });
  return {
    ...collection,
    of: (key) => collection.list(key, { ...EVERY, prefix: grantName({ ...key, grantId: '' }) }),
    count: ({ account, region, keyId }) =>
      database.getKeysCount({
        start: [account, region, grantName({ keyId, grantId: '' })],
        end: [account, region, grantName({ keyId, grantId: LAST })],
      }),
    retirableBy({ region, retiringPrincipal }, { after, limit }) {
      const principal = [region, retiringPrincipal];
      const found = byRetiringPrincipal.find({
        start:
          after === undefined
            ? principal
            : [...principal, after.account, after.keyId, after.grantId],
        exclusiveStart: after !== undefined,
        end: [...principal, LAST],
        limit,
      });
      return recordsAt(collection, found);
    },
  };
}
