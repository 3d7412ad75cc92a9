import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callerGrants } from '../../../local-kms/grants/caller-grants.ts';
import { policyConstraints } from '../../../local-kms/grants/constraint.ts';
import { policyGrant } from '../../../local-kms/grants/policy-grant.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { GrantRecord, KeyRecord } from '../../../local-kms/store/records.ts';
import { type GrantCollection, grantName } from '../../../local-kms/store/store.ts';
import { encryptionContextEntries, evaluateGrant } from '../../../shared/key-policy/index.ts';
import { GRANTED_KEY_ID, grantIdOf, grantRecordOf } from '../../support/grants.ts';

const ACCOUNT = '111122223333';
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/grantee/session`;
const key = { keyId: GRANTED_KEY_ID, region: 'us-east-1', account: ACCOUNT } as KeyRecord;

let opened: OpenStore;
let read: number;

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
  read = 0;
});

afterEach(() => opened.close());

const put = (count: number, fields: (i: number) => Partial<GrantRecord>, from = 0) =>
  opened.store.write(({ grants }) => {
    for (let i = from; i < from + count; i++) {
      grants.put(grantRecordOf({ grantId: grantIdOf(i), ...fields(i) }));
    }
  });

/** The grants of the store by their grantees only, which counts those that are read. */
function counted(): GrantCollection {
  return {
    to(grantee, page) {
      const found = opened.store.grants.to(grantee, page);
      read += found.length;
      return found;
    },
  } as GrantCollection;
}

const granted = (operation = 'Decrypt', arn = SESSION, context: Record<string, string> = {}) =>
  callerGrants({
    grants: counted(),
    key,
    caller: { arn, accountId: ACCOUNT },
    operation,
    encryptionContext: () => new Map(Object.entries(context)),
  });

const idsOf = (grants: Iterable<{ readonly grantId: string }>) =>
  [...grants].map(({ grantId }) => Number(`0x${grantId}`));

describe('the grants of a caller', () => {
  it('are those to itself and to its role, whatever the path of the role', async () => {
    const grantees = [
      SESSION,
      `arn:aws:iam::${ACCOUNT}:role/grantee`,
      `arn:aws:iam::${ACCOUNT}:role/some/path/grantee`,
      `arn:aws:iam::${ACCOUNT}:role/other`,
      `arn:aws:sts::${ACCOUNT}:assumed-role/grantee/another`,
      `arn:aws:iam::444455556666:role/grantee`,
    ];
    await put(grantees.length, (i) => ({ granteePrincipal: grantees[i] ?? '' }));
    expect(idsOf(granted())).toEqual([0, 1, 2]);
  });

  it('are of the key, in its region and account', async () => {
    const elsewhere = [
      { keyId: '1234abcd-12ab-34cd-56ef-1234567890ac' },
      { region: 'eu-west-1' },
      { account: '444455556666' },
    ];
    await put(elsewhere.length, (i) => elsewhere[i] ?? {});
    expect(idsOf(granted())).toEqual([]);
  });

  it('begin with each that permits the operation, page by page', async () => {
    await put(5, () => ({ operations: ['Encrypt'] }));
    await put(45, () => ({ operations: ['Encrypt', 'Decrypt'] }), 5);
    const ids = idsOf(granted());
    expect(ids).toEqual([...Array(45).keys()].map((i) => i + 5).concat([0, 1, 2, 3, 4]));
  });

  it('are without those that have ended, and as they are now', async () => {
    await put(3, () => ({}));
    await opened.store.write(({ grants }) => {
      grants.remove(key, grantName({ ...key, grantId: grantIdOf(0) }));
      grants.put(grantRecordOf({ grantId: grantIdOf(1), granteePrincipal: `${SESSION}2` }));
      grants.put(grantRecordOf({ grantId: grantIdOf(2), operations: ['Encrypt'] }));
    });
    expect(idsOf(granted('Encrypt'))).toEqual([2]);
    expect([...granted('Decrypt')].map(({ operations }) => operations)).toEqual([['Encrypt']]);
  });

  it('can be to a principal whose ARN is longer than a key of the store', async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:user/${'x'.repeat(2000)}`;
    expect(idsOf(granted('Decrypt', arn))).toEqual([]);
    await put(1, () => ({ granteePrincipal: arn }));
    expect(idsOf(granted('Decrypt', arn))).toEqual([0]);
  });
});

describe('however many grants a key has', () => {
  it('those to others are not read', async () => {
    await put(1000, (i) => ({ granteePrincipal: `arn:aws:iam::${ACCOUNT}:role/other${i}` }));
    expect(idsOf(granted())).toEqual([]);
    expect(read).toBe(0);
  });

  it('of those that allow few are read', async () => {
    await put(1000, () => ({}));
    granted().next();
    expect(read).toBeLessThan(50);
  });

  it.each(['EncryptionContextEquals', 'EncryptionContextSubset'] as const)(
    'of those with %s few are read, and the one that holds is',
    async (type) => {
      await put(1000, (i) => ({
        constraint: {
          type,
          pairs: [
            ['tenant', `${i}`],
            ['use', 'x'],
          ],
        },
      }));
      await put(1, () => ({}), 1000);
      const ids = idsOf(granted('Decrypt', SESSION, { use: 'x', tenant: '777' }));
      expect(ids).toEqual(expect.arrayContaining([777, 1000]));
      expect(read).toBeLessThan(200);
    },
  );

  it('an encryption context of many pairs has all of them asked', async () => {
    await put(100, (i) => ({
      constraint: { type: 'EncryptionContextSubset', pairs: [['tenant', `${i}`]] },
    }));
    const context = Object.fromEntries([...Array(50).keys()].map((i) => [`key${i}`, '']));
    const ids = idsOf(granted('Decrypt', SESSION, context));
    expect(ids.sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });

  it('of those for other operations few are read', async () => {
    await put(1000, () => ({ operations: ['Encrypt'] }));
    expect(idsOf(granted())).toHaveLength(100);
    expect(read).toBe(100);
  });
});

describe('the grants of a caller and all grants of the key', () => {
  const pairs = fc
    .uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')), {
      minLength: 1,
      selector: ([name]) => name,
    })
    .map((list): [string, string][] => list);
  const constraint = fc.record({
    type: fc.constantFrom('EncryptionContextEquals', 'EncryptionContextSubset'),
    pairs,
  });
  const operations = fc.subarray(['Encrypt', 'DescribeKey', 'CreateGrant', 'Verify'] as const, {
    minLength: 1,
  });
  const grant = fc.record(
    {
      granteePrincipal: fc.constantFrom(
        SESSION,
        `arn:aws:iam::${ACCOUNT}:role/grantee`,
        `arn:aws:iam::${ACCOUNT}:role/path/grantee`,
        `arn:aws:iam::${ACCOUNT}:role/other`,
      ),
      operations,
      constraint,
    },
    { requiredKeys: ['granteePrincipal', 'operations'] },
  );
  const request = fc.record({
    operation: fc.constantFrom('Encrypt', 'DescribeKey', 'CreateGrant', 'Verify', 'Sign'),
    context: fc.option(pairs, { nil: [] }),
    newGrant: fc.record({ operations, constraint: fc.option(constraint, { nil: undefined }) }),
  });

  /** More than a decision reads if it need not, and of no use to any request. */
  const useless = Array.from({ length: 260 }, (_, i) => ({
    granteePrincipal: i % 2 === 0 ? SESSION : `arn:aws:iam::${ACCOUNT}:role/grantee`,
    operations: ['Encrypt', 'CreateGrant', 'Verify'] as const,
    constraint: { type: 'EncryptionContextSubset' as const, pairs: [['a', `${i + 10}`]] as const },
  }));

  it('allow the same', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(grant, { maxLength: 20 }),
        fc.array(request, { minLength: 20, maxLength: 20 }),
        async (some, requests) => {
          const grants = [...useless, ...some];
          const one = { ...key, keyId: `key-${run++}` };
          await put(grants.length, (i) => ({ keyId: one.keyId, ...grants[i] }));
          for (const { operation, context, newGrant } of requests) {
            const wanted = operation === 'CreateGrant' ? newGrant.constraint : undefined;
            const encryptionContext = new Map(wanted?.pairs ?? context);
            const asked = {
              principal: { arn: SESSION, accountId: ACCOUNT },
              action: `kms:${operation}`,
              resource: '*',
              context: encryptionContextEntries(encryptionContext),
              newGrant: {
                operations: newGrant.operations,
                ...(wanted === undefined ? {} : { constraints: policyConstraints(wanted) }),
              },
            };
            const allowed = (list: Iterable<ReturnType<typeof policyGrant>>): boolean =>
              [...list].some((item) => evaluateGrant({ grant: item, request: asked }).matched);
            const found = callerGrants({
              grants: opened.store.grants,
              key: one,
              caller: asked.principal,
              operation,
              encryptionContext: () => encryptionContext,
            });
            expect(allowed(found)).toBe(allowed(opened.store.grants.of(one).map(policyGrant)));
          }
        },
      ),
      { numRuns: 10 },
    );
  });
});
