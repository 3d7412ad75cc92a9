import type { Backend } from '../backend.ts';
import { notFound } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import type { Transaction } from '../store/store.ts';
import { settleKey } from './lifecycle.ts';
import { arnOf } from './metadata.ts';

/**
 * Changes a key, as it is when the transaction runs: not as it was when the request found it.
 *
 * @param change - may refuse by throwing.
 * @returns the key as it is now.
 * @throws {KmsServiceError} NotFoundException if the key is gone by then.
 */
export function changeKey(
  backend: Backend,
  key: KeyRecord,
  change: (record: KeyRecord) => KeyRecord,
): Promise<KeyRecord> {
  return backend.store.write(({ keys }) => {
    const changed = change(settledKey(backend, keys, key));
    keys.put(changed);
    return changed;
  });
}

/**
 * Changes a key and, if it is a multi-Region one, those of the other regions that it is related to,
 * all in one transaction.
 *
 * @param change - gets the keys with the one that was asked for first; may refuse by throwing.
 * @returns the key that was asked for as it is now.
 * @throws {KmsServiceError} NotFoundException if the key is gone by then.
 */
export function changeRelatedKeys(
  backend: Backend,
  key: KeyRecord,
  change: (record: KeyRecord, replicas: readonly KeyRecord[]) => readonly KeyRecord[],
): Promise<KeyRecord> {
  return backend.store.write(({ keys }) => {
    const record = settledKey(backend, keys, key);
    const others = keys.related(record).filter(({ region }) => region !== record.region);
    const [changed, ...changedOthers] = change(record, others);
    for (const one of [changed, ...changedOthers]) keys.put(one);
    return changed;
  });
}

function settledKey({ now }: Backend, keys: Transaction['keys'], key: KeyRecord): KeyRecord {
  const record = keys.get(key, key.keyId);
  const settled = record && settleKey(record, now() / 1000);
  if (settled === undefined) throw notFound(`Key '${arnOf(key)}' does not exist`);
  return settled;
}
