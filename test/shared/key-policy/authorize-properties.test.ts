import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorize,
  type PolicyGrant,
  parseIdentityPolicy,
  parseKeyPolicy,
} from '../../../shared/key-policy/index.ts';

const A = '111122223333';
const B = '444455556666';

const callers = [
  { arn: `arn:aws:sts::${A}:assumed-role/Broker/i-1`, accountId: A },
  { arn: `arn:aws:iam::${A}:root`, accountId: A },
  { arn: `arn:aws:sts::${B}:assumed-role/Broker/i-1`, accountId: B },
  { arn: `arn:aws:iam::${B}:root`, accountId: B },
];

describe('for any key policy, identity policies and grants', () => {
  const condition = fc.constantFrom<object>(
    {},
    { StringEquals: { 'kms:a': 'x' } },
    { StringNotEquals: { 'kms:a': 'x' } },
    { Null: { 'kms:a': 'true' } },
  );
  const effect = fc.constantFrom('Allow', 'Deny');
  const action = fc.constantFrom('kms:*', 'kms:Decrypt', 'kms:Encrypt');
  const names = [A, B, '*', `arn:aws:iam::${A}:role/Broker`, `arn:aws:iam::${B}:role/Broker`];
  const arbitrary = fc.record({
    caller: fc.constantFrom(...callers),
    values: fc.constantFrom<readonly string[]>([], ['x'], ['y']),
    keyStatements: fc.array(
      fc.record({
        Effect: effect,
        Principal: fc.record({ AWS: fc.constantFrom(...names) }),
        Action: action,
        Resource: fc.constant('*'),
        Condition: condition,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    identityStatements: fc.array(
      fc.record({
        Effect: effect,
        Action: action,
        Resource: fc.constant('*'),
        Condition: condition,
      }),
      { maxLength: 3 },
    ),
    grants: fc.array(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom('Decrypt', 'Encrypt')).map(
        ([granteePrincipal, operation]): PolicyGrant => ({
          grantId: operation,
          granteePrincipal,
          operations: [operation],
        }),
      ),
      { maxLength: 3 },
    ),
  });
  type World = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;

  const effectOf = (world: World): string =>
    authorize({
      request: {
        principal: world.caller,
        action: 'kms:Decrypt',
        resource: `arn:aws:kms:us-east-1:${A}:key/1`,
        context: new Map([['kms:a', world.values]]),
      },
      key: {
        accountId: A,
        policy: parseKeyPolicy(JSON.stringify({ Statement: world.keyStatements })),
        grants: world.grants,
      },
      identityPolicies: new Map(
        world.identityStatements.map((Statement, i) => [
          String(i),
          parseIdentityPolicy(JSON.stringify({ Statement })),
        ]),
      ),
    }).effect;

  /** Every world that is `world` with one thing less of a kind. */
  function* less<K extends 'keyStatements' | 'identityStatements' | 'grants'>(
    world: World,
    kind: K,
    which: (item: World[K][number]) => boolean,
  ): Generator<World> {
    for (const [at, item] of world[kind].entries()) {
      const rest = world[kind].filter((_, i) => i !== at);
      if (which(item) && !(kind === 'keyStatements' && rest.length === 0)) {
        yield { ...world, [kind]: rest };
      }
    }
  }
  const is = (wanted: string) => (statement: { readonly Effect: string }) =>
    statement.Effect === wanted;

  it('taking away an Allow or a grant never allows more', () => {
    fc.assert(
      fc.property(arbitrary, (world) => {
        fc.pre(effectOf(world) !== 'allow');
        for (const smaller of [
          ...less(world, 'keyStatements', is('Allow')),
          ...less(world, 'identityStatements', is('Allow')),
          ...less(world, 'grants', () => true),
        ]) {
          expect(effectOf(smaller)).toBe(effectOf(world));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('taking away a Deny never forbids more', () => {
    fc.assert(
      fc.property(arbitrary, (world) => {
        fc.pre(effectOf(world) === 'allow');
        for (const smaller of [
          ...less(world, 'keyStatements', is('Deny')),
          ...less(world, 'identityStatements', is('Deny')),
        ]) {
          expect(effectOf(smaller)).toBe('allow');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('no grant undoes an explicit deny', () => {
    fc.assert(
      fc.property(arbitrary, (world) => {
        fc.pre(effectOf({ ...world, grants: [] }) === 'explicit-deny');
        expect(effectOf(world)).toBe('explicit-deny');
      }),
      { numRuns: 500 },
    );
  });

  it('the order of statements and grants does not matter', () => {
    fc.assert(
      fc.property(arbitrary, (world) => {
        expect(
          effectOf({
            ...world,
            keyStatements: world.keyStatements.toReversed(),
            identityStatements: world.identityStatements.toReversed(),
            grants: world.grants.toReversed(),
          }),
        ).toBe(effectOf(world));
      }),
    );
  });

  it('the rules give the same, written down a second time', () => {
    const meets = (statement: { Action: string; Condition: object }, values: readonly string[]) => {
      const [operator] = Object.keys(statement.Condition);
      const holds = {
        StringEquals: values[0] === 'x',
        StringNotEquals: values[0] !== 'x',
        Null: values.length === 0,
      }[operator ?? ''];
      return statement.Action !== 'kms:Encrypt' && (holds ?? true);
    };
    const reference = (world: World): string => {
      const { accountId, arn } = world.caller;
      const role = `arn:aws:iam::${accountId}:role/Broker`;
      const isRoot = arn.endsWith(':root');
      const own = world.keyStatements.filter((s) => meets(s, world.values));
      const iam = world.identityStatements.filter((s) => meets(s, world.values));
      const directly = (AWS: string) => AWS === '*' || (isRoot ? AWS === accountId : AWS === role);
      if (
        own.some(
          (s) =>
            s.Effect === 'Deny' && (directly(s.Principal.AWS) || s.Principal.AWS === accountId),
        )
      )
        return 'explicit-deny';
      if (iam.some(is('Deny'))) return 'explicit-deny';
      const byKey = own.some((s) => s.Effect === 'Allow' && directly(s.Principal.AWS));
      const delegated = own.some((s) => s.Effect === 'Allow' && s.Principal.AWS === accountId);
      const byGrant = world.grants.some(
        (g) => !isRoot && g.granteePrincipal === role && g.operations.includes('Decrypt'),
      );
      const byIam = isRoot || iam.some(is('Allow'));
      const allowed =
        accountId === A
          ? byKey || byGrant || (delegated && byIam)
          : (byKey || byGrant || delegated) && byIam;
      return allowed ? 'allow' : 'implicit-deny';
    };
    fc.assert(
      fc.property(arbitrary, (world) => {
        expect(effectOf(world)).toBe(reference(world));
      }),
      { numRuns: 1000 },
    );
  });
});
