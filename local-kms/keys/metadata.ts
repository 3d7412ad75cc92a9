import { keyArn, type Realm } from '../realm.ts';
import type { KeyRecord } from '../store/records.ts';
import type { KeyCollection, Store } from '../store/store.ts';
import { awaitsImport, expirationOf } from './expiry.ts';
import { findCurrentMaterial } from './material.ts';
import { algorithmsFor, type KeyUsage } from './specs.ts';

/** The `KeyMetadata` of CreateKey and DescribeKey: the members that apply to the key, no others. */
export function describeKey({ keys }: Pick<Store, 'keys'>, record: KeyRecord) {
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
    DeletionDate: record.deletionDate,
    PendingDeletionWindowInDays: record.pendingDeletionWindowInDays,
    ...multiRegionMembers(keys, record),
    ...(record.origin === 'EXTERNAL' && !awaitsImport(record)
      ? expirationOf(record.materials)
      : {}),
    CurrentKeyMaterialId:
      record.keySpec === 'SYMMETRIC_DEFAULT' ? findCurrentMaterial(record)?.id : undefined,
  };
}

const ALGORITHM_LISTS = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
} as const satisfies Record<KeyUsage, string>;

/** Where a key stands among those of its id in other regions. */
function multiRegionMembers(keys: KeyCollection, key: KeyRecord) {
  if (key.multiRegion === undefined) return { MultiRegion: false };
  const related = keys.related(key);
  const [primary] = related.filter(({ multiRegion }) => multiRegion === 'PRIMARY');
  const replicas = related.filter(({ multiRegion }) => multiRegion === 'REPLICA');
  return {
    MultiRegion: true,
    MultiRegionConfiguration: {
      MultiRegionKeyType: key.multiRegion,
      PrimaryKey: primary && placeOf(primary),
      ReplicaKeys: replicas.map(placeOf),
    },
  };
}

function placeOf(key: KeyRecord) {
  return { Arn: arnOf(key), Region: key.region };
}

/** The one algorithm list that goes with the key's usage. */
export function algorithmsOf({ keySpec, keyUsage }: KeyRecord) {
  return { [ALGORITHM_LISTS[keyUsage]]: algorithmsFor(keySpec, keyUsage) };
}

export function arnOf(record: Realm & { readonly keyId: string }): string {
  return keyArn(record, record.keyId);
}
