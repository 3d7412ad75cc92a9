import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { GrantRecord } from '../../../local-kms/store/records.ts';
import { grantName } from '../../../local-kms/store/store.ts';
import { grantIdOf, grantRecordOf } from '../../support/grants.ts';

const RETIRING = 'arn:aws:iam::111122223333:role/retiring';
const OTHER_KEY = '1234abcd-12ab-34cd-56ef-1234567890ac';

let opened: OpenStore;

const ids = (grants: readonly GrantRecord[]) => grants.map(({ grantId }) => Number(`0x${grantId}`));

const put = (...grants: readonly Partial<GrantRecord>[]) =>
  opened.store.write((transaction) => {
    for (const grant of grants) transaction.grants.put(grantRecordOf(grant));
  });

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
});

afterEach(() => opened.close());

describe('grants', () => {
  it('of one key are listed and counted apart from all others', async () => {
    await put(
      { grantId: grantIdOf(1) },
      { grantId: grantIdOf(2) },
      { grantId: grantIdOf(3), keyId: OTHER_KEY },
      { grantId: grantIdOf(4), region: 'eu-west-1' },
      { grantId: grantIdOf(5), account: '444455556666' },
    );
    const { grants } = opened.store;
    expect(ids(grants.of(grantRecordOf()))).toEqual([1, 2]);
    expect(grants.count(grantRecordOf())).toBe(2);
    expect(grants.count(grantRecordOf({ keyId: OTHER_KEY }))).toBe(1);
    expect(grants.count(grantRecordOf({ region: 'ap-south-1' }))).toBe(0);
  });

  it('keep a pair that an object would lose', async () => {
    const constraint = { type: 'EncryptionContextEquals', pairs: [['__proto__', 'x']] } as const;
    await put({ constraint });
    expect(opened.store.grants.of(grantRecordOf())[0]?.constraint).toEqual(constraint);
  });
});

describe('the grants that a principal may retire', () => {
  const retirable = (after?: GrantRecord, limit = 10, retiringPrincipal = RETIRING) =>
    opened.store.grants.retirableBy({ region: 'us-east-1', retiringPrincipal }, { after, limit });

  beforeEach(() =>
    put(
      { grantId: grantIdOf(1), retiringPrincipal: RETIRING },
      { grantId: grantIdOf(2), retiringPrincipal: RETIRING, keyId: OTHER_KEY },
      { grantId: grantIdOf(3), retiringPrincipal: RETIRING, account: '444455556666' },
      { grantId: grantIdOf(4), retiringPrincipal: `${RETIRING}2` },
      { grantId: grantIdOf(5), retiringPrincipal: RETIRING, region: 'eu-west-1' },
      { grantId: grantIdOf(6) },
    ),
  );

  it('are those of every key and account, in one region, page by page', () => {
    expect(ids(retirable())).toEqual([1, 2, 3]);
    expect(ids(retirable(undefined, 10, `${RETIRING}2`))).toEqual([4]);
    const [first, second] = retirable(undefined, 2);
    expect(ids(retirable(first, 1))).toEqual([2]);
    expect(ids(retirable(second))).toEqual([3]);
  });

  it('are found by an ARN that is longer than a key of LMDB', async () => {
    const retiringPrincipal = `${RETIRING}${'x'.repeat(2000)}`;
    await put({ grantId: grantIdOf(7), retiringPrincipal });
    expect(ids(retirable(undefined, 10, retiringPrincipal))).toEqual([7]);
  });

  it('are without those that have ended, or changed hands', async () => {
    await opened.store.write(({ grants }) => {
      grants.remove(grantRecordOf(), grantName(grantRecordOf({ grantId: grantIdOf(1) })));
      grants.put(grantRecordOf({ grantId: grantIdOf(2), keyId: OTHER_KEY }));
    });
    expect(ids(retirable())).toEqual([3]);
  });
});
