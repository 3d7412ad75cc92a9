/** Of those who name none. */
export const DEFAULT_REGION = 'us-east-1';
export const DEFAULT_ACCOUNT = '111122223333';

/** Where a key lives: keys, aliases and ARNs of one realm mean nothing in another. */
export interface Realm {
  readonly region: string;
  readonly account: string;
}

/** By the beginnings of their regions (botocore, `data/partitions.json`); any other is of `aws`. */
const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
] as const;

/** The partition that a region belongs to, as its ARNs write it. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([beginning]) => region.startsWith(beginning))?.[1] ?? 'aws';
}

export function keyArn(realm: Realm, keyId: string): string {
  return `${arnPrefix(realm)}key/${keyId}`;
}

/** @param name - with its `alias/` prefix. */
export function aliasArn(realm: Realm, name: string): string {
  return `${arnPrefix(realm)}${name}`;
}

/** The principal that stands for the whole account. */
export function rootArn(realm: Realm): string {
  return `arn:${partitionOf(realm.region)}:iam::${realm.account}:root`;
}

function arnPrefix(realm: Realm): string {
  return `arn:${partitionOf(realm.region)}:kms:${realm.region}:${realm.account}:`;
}
