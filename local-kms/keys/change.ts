import type { Backend } from '../backend.ts';
import { notFound } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
import type { Transaction } from '../store/store.ts';
import { settleKey } from './lifecycle.ts';
import { arnOf } from './metadata.ts';

/**
 * Changes a key, as it is when the transaction runs: not as it was when the request found it.
 *
 * @param change - may refuse by throwing, before it changes anything else in the transaction.
 * @returns the key as it is now.
 * @throws {KmsServiceError} NotFoundException if the key is gone by then.
 */
export function changeKey(
  backend: Backend,
  key: KeyRecord,
  change: (record: KeyRecord, transaction: Transaction) => KeyRecord,
): Promise<KeyRecord> {
  return backend.store.write((transaction) => {
    const changed = change(currentKey(backend, transaction, key), transaction);
    transaction.keys.put(changed);
    return changed;
  });
}

/**
 * A key as it is when the transaction runs.
 *
 * @throws {KmsServiceError} NotFoundException if it is gone by then.
 */
export function currentKey({ now }: Backend, { keys }: Transaction, key: KeyRecord): KeyRecord {
  const record = keys.get(key, key.keyId);
  const settled = record && settleKey(record, now() / 1000);
  if (settled === undefined) throw notFound(`Key '${arnOf(key)}' does not exist`);
  return settled;
}
