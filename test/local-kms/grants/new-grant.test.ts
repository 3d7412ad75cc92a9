import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSameGrant, MAX_GRANTS_PER_KEY } from '../../../local-kms/grants/new-grant.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import {
  type GrantCollection,
  type GrantContent,
  grantName,
} from '../../../local-kms/store/store.ts';
import { grantIdOf, grantRecordOf } from '../../support/grants.ts';

const existing = grantRecordOf({
  name: 'nightly',
  operations: ['Decrypt', 'DescribeKey'],
  retiringPrincipal: 'arn:aws:iam::111122223333:role/retiring',
  constraint: constraintOf(['a', '1'], ['b', '2']),
});

function constraintOf(...pairs: [string, string][]): {
  readonly type: 'EncryptionContextEquals';
  readonly pairs: [string, string][];
} {
  return { type: 'EncryptionContextEquals', pairs };
}

let opened: OpenStore;

beforeEach(async () => {
  opened = openTemporaryStore(randomBytes);
  await opened.store.write(({ grants }) => grants.put(existing));
});

afterEach(() => opened.close());

const find = (changes: Partial<GrantContent>) =>
  findSameGrant(opened.store.grants, { ...existing, ...changes })?.grantId;

describe('a request for a grant that there is', () => {
  it('finds it, whatever the order of its operations and of the pairs of its constraint', () => {
    expect(find({})).toBe(existing.grantId);
    expect(find({ operations: ['DescribeKey', 'Decrypt'] })).toBe(existing.grantId);
    expect(find({ constraint: constraintOf(['b', '2'], ['a', '1']) })).toBe(existing.grantId);
  });

  it.each<[string, Partial<GrantContent>]>([
    ['name', { name: 'weekly' }],
    ['grantee', { granteePrincipal: 'arn:aws:iam::111122223333:role/other' }],
    ['retiring principal', { retiringPrincipal: 'arn:aws:iam::111122223333:role/other' }],
    ['fewer operations', { operations: ['Decrypt'] }],
    ['other operations', { operations: ['Decrypt', 'Encrypt'] }],
    [
      'kind of constraint',
      { constraint: { ...constraintOf(['a', '1'], ['b', '2']), type: 'EncryptionContextSubset' } },
    ],
    ['fewer pairs', { constraint: constraintOf(['a', '1']) }],
    ['value in the constraint', { constraint: constraintOf(['a', '1'], ['b', '3']) }],
    ['name in the constraint', { constraint: constraintOf(['a', '1'], ['c', '2']) }],
    ['constraint that is none', { constraint: undefined }],
    ['issuing account', { issuingAccount: '444455556666' }],
    ['key', { keyId: '00000000-0000-0000-0000-000000000000' }],
    ['region', { region: 'eu-west-1' }],
  ])('does not find it for another %s', (_name, changes) => {
    expect(find(changes)).toBeUndefined();
  });

  it('is found without a look at the other grants of the key', () => {
    const { alike, count } = opened.store.grants;
    const grants = { alike, count } as GrantCollection;
    expect(findSameGrant(grants, existing)?.grantId).toBe(existing.grantId);
  });

  it('does not find one that has ended', async () => {
    await opened.store.write(({ grants }) => grants.remove(existing, grantName(existing)));
    expect(find({})).toBeUndefined();
  });

  it('does not find it without a name', async () => {
    const { name: _name, ...nameless } = existing;
    await opened.store.write(({ grants }) =>
      grants.put({ ...nameless, grantId: grantIdOf(1), version: 1 }),
    );
    expect(findSameGrant(opened.store.grants, nameless)).toBeUndefined();
  });
});

describe('a key with as many grants as it can have', () => {
  it('has no room for one more, but a retry still finds its own', async () => {
    await opened.store.write(({ grants }) => {
      for (let i = 1; i < MAX_GRANTS_PER_KEY; i++) {
        grants.put(grantRecordOf({ grantId: grantIdOf(i) }));
      }
      expect(grants.count(existing)).toBe(MAX_GRANTS_PER_KEY);
    });
    expect(() => find({ name: 'weekly' })).toThrow(
      expect.objectContaining({ type: 'LimitExceededException' }),
    );
    expect(find({})).toBe(existing.grantId);
    expect(find({ keyId: '00000000-0000-0000-0000-000000000000' })).toBeUndefined();
    await opened.store.write(({ grants }) => {
      grants.remove(existing, `${existing.keyId}/${grantIdOf(1)}`);
    });
    expect(find({ name: 'weekly' })).toBeUndefined();
  }, 60_000);
});
