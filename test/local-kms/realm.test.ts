import { expect, it } from 'vitest';
import { keyArn, partitionOf, rootArn } from '../../local-kms/realm.ts';

// A region of each partition of botocore's data/partitions.json.
it.each([
  ['us-east-1', 'aws'],
  ['eu-west-1', 'aws'],
  ['mx-central-1', 'aws'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-west-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
])('%s is of the partition %s', (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
  const realm = { region, account: '111122223333' };
  expect(keyArn(realm, 'k')).toBe(`arn:${partition}:kms:${region}:111122223333:key/k`);
  expect(rootArn(realm)).toBe(`arn:${partition}:iam::111122223333:root`);
});
