import type { Backend } from '../backend.ts';
import { notFound } from '../errors.ts';
import type { KeyRecord } from '../store/records.ts';
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
    const record = keys.get(key, key.keyId);
    if (record === undefined) throw notFound(`Key '${arnOf(key)}' does not exist`);
    const changed = change(record);
    keys.put(changed);
    return changed;
  });
}
