import { describe, expect, it } from 'vitest';
import { KEY_ARN_FORM, KEY_ID_FORM } from '../../../shared/kms/index.ts';

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const MULTI_REGION = `mrk-${'0f'.repeat(16)}`;
const ARN = `arn:aws:kms:eu-west-1:111122223333:key/${UUID}`;

/** What is neither a key id nor, after the slash, the end of a key ARN. */
const NO_KEY_IDS = [
  '',
  UUID.toUpperCase(),
  UUID.replaceAll('-', ''),
  UUID.slice(1),
  `${UUID}0`,
  ` ${UUID}`,
  `${UUID}\n`,
  `${UUID}\n${UUID}`,
  MULTI_REGION.slice(0, -1),
  `${MULTI_REGION}0`,
  `mrk-${UUID}`,
  MULTI_REGION.slice(4),
  `${UUID}/${UUID}`,
  '*',
];

describe('the form of a key id', () => {
  it.each([UUID, MULTI_REGION])('is that of %s', (id) => expect(id).toMatch(KEY_ID_FORM));

  it.each([...NO_KEY_IDS, 'alias/data', ARN])('is not that of %j', (id) =>
    expect(id).not.toMatch(KEY_ID_FORM),
  );
});

describe('the form of a key ARN', () => {
  it.each([
    ARN,
    ARN.replace(UUID, MULTI_REGION),
    ARN.replace('aws', 'aws-cn').replace('eu-west-1', 'cn-north-1'),
    ARN.replace('aws', 'aws-us-gov').replace('eu-west-1', 'us-gov-west-1'),
  ])('is that of %s', (arn) => expect(arn).toMatch(KEY_ARN_FORM));

  it.each([
    ...NO_KEY_IDS.map((id) => ARN.replace(UUID, id)),
    UUID,
    ARN.replace(`key/${UUID}`, 'alias/data'),
    ARN.replace('key/', 'key:'),
    ARN.replace('kms', 's3'),
    ARN.replace('aws', 'gcp'),
    ARN.replace('eu-west-1', ''),
    ARN.replace('eu-west-1', '*'),
    ARN.replace('111122223333', '11112222333'),
    ARN.replace('111122223333', ''),
    `x${ARN}`,
  ])('is not that of %j', (arn) => expect(arn).not.toMatch(KEY_ARN_FORM));
});
