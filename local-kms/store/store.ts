import type { Realm } from '../realm.ts';
import type { AliasRecord, GrantRecord, KeyRecord } from './records.ts';

export interface PageOptions {
  /** Begin behind this name. */
  readonly after?: string | undefined;
  /** Only names that begin so. */
  readonly prefix?: string;
  readonly limit: number;
}

/** All records of a list. */
export const EVERY: PageOptions = { limit: Number.POSITIVE_INFINITY };

/**
 * Records of one kind. Their names within an account and region: a key's id, an alias' name, a
 * grant's {@link grantName}. Lists are ordered by name.
 */
export interface Collection<T> {
  get(realm: Realm, name: string): T | undefined;
  list(realm: Realm, page: PageOptions, wanted?: (record: T) => boolean): readonly T[];
  /** Those of every account and region. */
  all(): readonly T[];
}

export interface KeyCollection extends Collection<KeyRecord> {
  /** Those that something is due for by `now`, see dueDateOf; in every account and region. */
  due(now: number): readonly KeyRecord[];
  /** From when on {@link KeyCollection.due} gives any; undefined as long as nothing is due. */
  nextDueDate(): number | undefined;
  /** A multi-Region key and those of the other regions that it shares its id with, by region. */
  related(key: Pick<KeyRecord, 'account' | 'keyId'>): readonly KeyRecord[];
}

export interface AliasCollection extends Collection<AliasRecord> {
  /** Those that name a key. */
  of(
    key: Realm & { readonly keyId: string },
    page: Omit<PageOptions, 'prefix'>,
  ): readonly AliasRecord[];
}

/** One who has grants on a key. */
export interface GranteeOnKey extends Realm {
  readonly keyId: string;
  /** As `granteeName` has it. */
  readonly grantee: string;
  /** Only grants that permit this one. */
  readonly operation?: string | undefined;
  /** Only grants whose constraint has this as its first pair; or those without a constraint. */
  readonly pair?: readonly [string, string] | 'none';
}

/** What is asked for when a grant is. */
export type GrantContent = Omit<GrantRecord, 'version' | 'grantId' | 'creationDate'>;

export interface GrantCollection extends Collection<GrantRecord> {
  /** Those on a key. */
  of(key: Realm & { readonly keyId: string }): readonly GrantRecord[];
  /** How many {@link GrantCollection.of} would give, without reading them. */
  count(key: Realm & { readonly keyId: string }): number;
  /** Those on a key that are to a grantee. */
  to(
    grantee: GranteeOnKey,
    page: {
      /** Begin behind this grant. */
      readonly after: GrantRecord | undefined;
      readonly limit: number;
    },
  ): readonly GrantRecord[];
  /** One with that content, whatever the order of its operations and pairs; it has to have a name. */
  alike(content: GrantContent): GrantRecord | undefined;
  /** Those of a region that a principal may retire, on keys of every account. */
  retirableBy(
    principal: { readonly region: string; readonly retiringPrincipal: string },
    page: {
      /** Begin behind this grant. */
      readonly after: Pick<GrantRecord, 'account' | 'keyId' | 'grantId'> | undefined;
      readonly limit: number;
    },
  ): readonly GrantRecord[];
}

interface Writable<T> {
  /** Inserts the record, or replaces the one of its name. */
  put(record: T): void;
  remove(realm: Realm, name: string): void;
}

export type WritableCollection<T> = Collection<T> & Writable<T>;
export type WritableKeyCollection = KeyCollection & Writable<KeyRecord>;
export type WritableAliasCollection = AliasCollection & Writable<AliasRecord>;
export type WritableGrantCollection = GrantCollection & Writable<GrantRecord>;

export interface Transaction {
  readonly keys: WritableKeyCollection;
  readonly aliases: WritableAliasCollection;
  readonly grants: WritableGrantCollection;
}

/** Where keys, aliases and grants are kept. Reads see every write that has resolved. */
export interface Store {
  readonly keys: KeyCollection;
  readonly aliases: AliasCollection;
  readonly grants: GrantCollection;
  /**
   * Reads and changes in one transaction, with no other write in between. It resolves when the data
   * is on the disk, not before: the answer to the client waits for it.
   *
   * An action that refuses throws before its first change: what it has changed by then stays.
   */
  write<T>(action: (transaction: Transaction) => T): Promise<T>;
  close(): Promise<void>;
}

/** Grants of one key are neighbours. */
export function grantName(grant: { readonly keyId: string; readonly grantId: string }): string {
  return `${grant.keyId}/${grant.grantId}`;
}
