import type { Backend } from '../backend.ts';
import type { KeyRecord } from '../store/records.ts';
import type { Transaction } from '../store/store.ts';
import { removeKey } from './deletion.ts';
import { rotationOf, settleKey } from './lifecycle.ts';
import { relatedTo } from './multi-region.ts';
import { rotateOnSchedule } from './rotation.ts';

/**
 * Does to every key whose time has come what that time was set for: deletes it with all that is
 * its, wipes expired material, rotates it. Before a request, so that none sees a key that is late.
 *
 * A key that nobody uses keeps its sealed bytes until the next request, whichever key that is for,
 * or the next start.
 */
export async function keepUp(
  backend: Pick<Backend, 'store' | 'vault' | 'now' | 'randomBytes'>,
): Promise<void> {
  const { store } = backend;
  const now = backend.now() / 1000;
  const next = store.keys.nextDueDate();
  if (next === undefined || next > now) return;
  await store.write((transaction) => {
    // The last replica to go may leave a primary key whose own waiting period is over too.
    for (let due = dueKeys(transaction, now); due.length > 0; due = dueKeys(transaction, now)) {
      for (const key of due) catchUp(backend, transaction, key, now);
    }
  });
  backend.vault.forgetKeys();
}

function dueKeys({ keys }: Transaction, now: number): readonly KeyRecord[] {
  return keys.due(now);
}

function catchUp(
  backend: Pick<Backend, 'vault' | 'randomBytes'>,
  transaction: Transaction,
  key: KeyRecord,
  now: number,
): void {
  const { keys } = transaction;
  const settled = settleKey(key, now);
  if (settled === undefined) {
    removeKey(transaction, key);
    return;
  }
  const rotation = rotationOf(settled);
  const changed =
    rotation !== undefined && rotation.nextDate <= now
      ? rotateOnSchedule(backend, [settled, ...relatedTo(keys, settled)], rotation, now)
      : [settled];
  for (const record of changed) keys.put(record);
}
