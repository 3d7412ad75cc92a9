import type { GrantRecord } from '../../local-kms/store/records.ts';

export const GRANTED_KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';

/** A grant of Decrypt to a role, unless `overrides` says else. */
export function grantRecordOf(overrides: Partial<GrantRecord> = {}): GrantRecord {
  return {
    version: 1,
    grantId: '0a'.repeat(32),
    keyId: GRANTED_KEY_ID,
    region: 'us-east-1',
    account: '111122223333',
    creationDate: 1.5,
    granteePrincipal: 'arn:aws:iam::111122223333:role/grantee',
    issuingAccount: '111122223333',
    operations: ['Decrypt'],
    ...overrides,
  };
}

/** The grant id of a number. */
export function grantIdOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}
