import type { KeyRecord } from '../store/records.ts';
import { EVERY, grantName, type Transaction } from '../store/store.ts';
import { DAY_SECONDS } from '../time.ts';

/**
 * A key that is to be deleted after a waiting period, which for a primary key with replicas begins
 * when the last of them is gone.
 */
export function scheduleDeletion(
  key: KeyRecord,
  options: { readonly hasReplicas: boolean; readonly days: number; readonly now: number },
): KeyRecord {
  const { hasReplicas, days, now } = options;
  return hasReplicas
    ? { ...key, keyState: 'PendingReplicaDeletion', pendingDeletionWindowInDays: days }
    : {
        ...key,
        keyState: 'PendingDeletion',
        deletionDate: now + days * DAY_SECONDS,
        pendingDeletionWindowInDays: undefined,
      };
}

/** The same key without its deletion ahead. */
export function cancelDeletion(key: KeyRecord): KeyRecord {
  return {
    ...key,
    keyState: 'Disabled',
    deletionDate: undefined,
    pendingDeletionWindowInDays: undefined,
  };
}

/** Removes a key whose time has come, with all that is its. */
export function removeKey({ keys, aliases, grants }: Transaction, key: KeyRecord): void {
  for (const { name } of aliases.of(key, EVERY)) aliases.remove(key, name);
  for (const grant of grants.of(key)) grants.remove(grant, grantName(grant));
  keys.remove(key, key.keyId);
  const [primary, ...others] = keys.related(key);
  if (primary?.keyState !== 'PendingReplicaDeletion' || others.length > 0) return;
  const { deletionDate: now = 0 } = key;
  const { pendingDeletionWindowInDays: days = 0 } = primary;
  keys.put(scheduleDeletion(primary, { hasReplicas: false, days, now }));
}
