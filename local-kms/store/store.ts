import type { Realm } from '../realm.ts';
import type { AliasRecord, KeyRecord } from './records.ts';

export interface PageOptions {
  /** Begin behind this key id or alias name. */
  readonly after: string | undefined;
  readonly limit: number;
}

/**
 * Where keys and aliases are kept.
 *
 * A promise of a write resolves when the data is on the disk, not before: the answer to the client
 * waits for it. Reads see every write that has resolved. Lists are ordered by id or name.
 */
export interface Store {
  getKey(realm: Realm, keyId: string): KeyRecord | undefined;
  listKeys(realm: Realm, page: PageOptions): readonly KeyRecord[];
  insertKey(record: KeyRecord): Promise<void>;
  /** Reads, changes and writes in one transaction; false if there is no such key. */
  updateKey(
    realm: Realm,
    keyId: string,
    change: (record: KeyRecord) => KeyRecord,
  ): Promise<boolean>;

  getAlias(realm: Realm, name: string): AliasRecord | undefined;
  listAliases(
    realm: Realm,
    page: PageOptions,
    targetKeyId: string | undefined,
  ): readonly AliasRecord[];
  /** False if the name is taken. */
  insertAlias(record: AliasRecord): Promise<boolean>;

  close(): Promise<void>;
}
