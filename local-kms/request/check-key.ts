import { KmsServiceError } from '../../shared/kms/index.ts';
import { checkKeyUsage } from '../keys/check-usage.ts';
import { arnOf } from '../keys/metadata.ts';
import type { KeyOperation } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';

/**
 * Refuses a key of another account to an operation that takes the caller's own only.
 *
 * The text is not recorded from the service; that the call is refused is documented.
 *
 * @throws {KmsServiceError} AccessDeniedException
 */
export function checkAccount(
  { crossAccount, name }: KeyOperation,
  key: KeyRecord,
  { identity }: Principal,
): void {
  if (key.account === identity.accountId || crossAccount) return;
  throw new KmsServiceError(
    'AccessDeniedException',
    `User: ${identity.arn} is not authorized to perform: kms:${name} on resource: ${arnOf(key)} because the key is in another account`,
  );
}

/** @throws {KmsServiceError} InvalidKeyUsageException */
export function checkUsage({ usage, name }: KeyOperation, key: KeyRecord): void {
  if (usage !== undefined) checkKeyUsage(usage, key, name);
}
