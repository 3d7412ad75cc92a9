import { KmsServiceError } from '../../shared/kms/index.ts';
import type { KeyRecord, KeyState } from '../store/records.ts';
import { arnOf } from './metadata.ts';

const STATE_TEXTS = {
  Enabled: 'is enabled',
  PendingDeletion: 'is pending deletion',
  PendingImport: 'is pending import',
  PendingReplicaDeletion: 'is pending replica deletion',
} as const satisfies Record<Exclude<KeyState, 'Disabled'>, string>;

/**
 * Refuses a key that is in none of these states. What changes a key because of the state that it is
 * in asks again within the transaction.
 *
 * @throws {KmsServiceError} DisabledException, KMSInvalidStateException
 */
export function checkState(states: readonly KeyState[], key: KeyRecord): void {
  if (states.includes(key.keyState)) return;
  throw key.keyState === 'Disabled'
    ? new KmsServiceError('DisabledException', `${arnOf(key)} is disabled.`)
    : new KmsServiceError(
        'KMSInvalidStateException',
        `${arnOf(key)} ${STATE_TEXTS[key.keyState]}.`,
      );
}
