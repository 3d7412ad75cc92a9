import { keyArn, type Realm } from '../realm.ts';
import type { KeyRecord } from '../store/records.ts';
import { currentMaterial } from './material.ts';

/** The `KeyMetadata` of CreateKey and DescribeKey: the members that apply to the key, no others. */
export function describeKey(record: KeyRecord) {
  return {
    AWSAccountId: record.account,
    KeyId: record.keyId,
    Arn: arnOf(record),
    CreationDate: record.creationDate,
    Enabled: record.keyState === 'Enabled',
    Description: record.description,
    KeyUsage: record.keyUsage,
    KeyState: record.keyState,
    Origin: record.origin,
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: record.keySpec,
    KeySpec: record.keySpec,
    ...algorithmsOf(record),
    MultiRegion: false,
    ...(record.keySpec === 'SYMMETRIC_DEFAULT'
      ? { CurrentKeyMaterialId: currentMaterial(record).id }
      : {}),
  };
}

/** The one algorithm list that goes with the key's usage. */
export function algorithmsOf(record: KeyRecord) {
  return record.keyUsage === 'KEY_AGREEMENT'
    ? { KeyAgreementAlgorithms: ['ECDH'] }
    : { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] };
}

export function arnOf(record: Realm & { readonly keyId: string }): string {
  return keyArn(record, record.keyId);
}
