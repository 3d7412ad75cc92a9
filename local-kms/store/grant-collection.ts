import { createCollection, LAST, type RecordKey, recordsAt } from './collection.ts';
import {
  contentKeys,
  contentPlace,
  granteeKey,
  granteeKeys,
  granteePlace,
  retirementKeys,
  retirementPlace,
} from './grant-index-keys.ts';
import type { OpenDatabase } from './lmdb.ts';
import { type GrantRecord, grantRecord } from './records.ts';
import { createSecondaryIndex } from './secondary-index.ts';
import { EVERY, grantName, type WritableGrantCollection } from './store.ts';

/** The grants, with indexes by grantee, by content and by the principal that may retire them. */
export function createGrantCollection(open: OpenDatabase): WritableGrantCollection {
  const database = open<unknown, RecordKey>('grants');
  const byGrantee = createSecondaryIndex<GrantRecord>(open('grants-by-grantee'), granteeKeys);
  const byContent = createSecondaryIndex<GrantRecord>(open('grants-by-content'), contentKeys);
  const byRetiringPrincipal = createSecondaryIndex<GrantRecord>(
    open('grants-by-retiring-principal'),
    retirementKeys,
  );
  const collection = createCollection<GrantRecord>({
    database,
    schema: grantRecord,
    nameOf: grantName,
    indexes: [byGrantee, byContent, byRetiringPrincipal],
  });
  return {
    ...collection,
    of: (key) => collection.list(key, { ...EVERY, prefix: grantName({ ...key, grantId: '' }) }),
    count: ({ account, region, keyId }) =>
      database.getKeysCount({
        start: [account, region, grantName({ keyId, grantId: '' })],
        end: [account, region, grantName({ keyId, grantId: LAST })],
      }),
    to(grantee, { after, limit }) {
      const place = granteePlace(grantee);
      const found = byGrantee.find({
        start: after === undefined ? place : granteeKey(after, grantee.operation),
        exclusiveStart: after !== undefined,
        end: [...place, LAST],
        limit,
      });
      return recordsAt(collection, found);
    },
    alike(content) {
      const place = contentPlace(content);
      const [first] = byContent.find({ start: place, end: [...place, LAST], limit: 1 });
      return first && recordsAt(collection, [first])[0];
    },
    retirableBy({ region, retiringPrincipal }, { after, limit }) {
      const principal = retirementPlace(region, retiringPrincipal);
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
