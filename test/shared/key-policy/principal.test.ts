import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyPrincipal } from '../../../shared/key-policy/policy.ts';
import {
  describeCaller,
  granteeName,
  granteeNames,
  isGrantee,
  matchPrincipal,
  parseAwsPrincipal,
} from '../../../shared/key-policy/principal.ts';

const A = '111122223333';
const B = '444455556666';

const session = { arn: `arn:aws:sts::${A}:assumed-role/Broker/i-1`, accountId: A };
const user = { arn: `arn:aws:iam::${A}:user/team/ann`, accountId: A };
const root = { arn: `arn:aws:iam::${A}:root`, accountId: A };

function principals(names: readonly string[]): readonly PolicyPrincipal[] {
  return names.map((name) => {
    const principal = parseAwsPrincipal(name);
    if (principal === undefined) throw new Error(`${name} is no principal`);
    return principal;
  });
}

describe('Principal', () => {
  it.each([
    ['*', session, 'direct'],
    [A, session, 'account'],
    [`arn:aws:iam::${A}:root`, session, 'account'],
    [`arn:aws:iam::${A}:root`, user, 'account'],
    [`arn:aws:iam::${A}:root`, root, 'direct'],
    [A, root, 'direct'],
    [B, session, 'none'],
    [`arn:aws:iam::${B}:root`, root, 'none'],
    [`arn:aws:iam::${A}:role/Broker`, session, 'direct'],
    [`arn:aws:iam::${A}:role/service/eu/Broker`, session, 'direct'],
    [`arn:aws:iam::${A}:role/broker`, session, 'none'],
    [`arn:aws:iam::${A}:role/Broker/Other`, session, 'none'],
    [`arn:aws:iam::${A}:role/i-1`, session, 'none'],
    [`arn:aws:iam::${B}:role/Broker`, session, 'none'],
    [`arn:aws-cn:iam::${A}:role/Broker`, session, 'none'],
    [`arn:aws:iam::${A}:user/Broker`, session, 'none'],
    [`arn:aws:sts::${A}:assumed-role/Broker/i-1`, session, 'direct'],
    [`arn:aws:sts::${A}:assumed-role/Broker/i-2`, session, 'none'],
    [`arn:aws:iam::${A}:user/team/ann`, user, 'direct'],
    [`arn:aws:iam::${A}:user/ann`, user, 'none'],
    [`arn:aws:iam::${A}:role/ann`, user, 'none'],
    [`arn:aws:iam::${A}:role/Broker`, root, 'none'],
  ] as const)('%s meets %o as %s', (name, caller, match) => {
    const element = { negated: false, principals: principals([name]) };
    expect(matchPrincipal(element, 'Allow', describeCaller(caller))).toBe(match);
  });

  it('in a Deny, the account is everyone in it', () => {
    const element = { negated: false, principals: principals([A]) };
    expect(matchPrincipal(element, 'Deny', describeCaller(session))).toBe('direct');
    expect(matchPrincipal(element, 'Deny', describeCaller({ ...session, accountId: B }))).toBe(
      'none',
    );
  });

  it('of several, takes the one that says most', () => {
    const names = [B, A, `arn:aws:iam::${A}:role/Broker`];
    const element = { negated: false, principals: principals(names) };
    expect(matchPrincipal(element, 'Allow', describeCaller(session))).toBe('direct');
  });

  it('of a service is nobody here', () => {
    const element = { negated: false, principals: [{ kind: 'other' }] } as const;
    expect(matchPrincipal(element, 'Allow', describeCaller(session))).toBe('none');
    expect(matchPrincipal({ ...element, negated: true }, 'Deny', describeCaller(session))).toBe(
      'direct',
    );
  });
});

describe('NotPrincipal', () => {
  const own = session.arn;
  const role = `arn:aws:iam::${A}:role/Broker`;

  it.each([
    [[B], session, 'direct', 'direct'],
    [['*'], session, 'none', 'none'],
    [[own], session, 'direct', 'none'],
    [[role], session, 'direct', 'none'],
    [[A], session, 'direct', 'none'],
    [[own, role], session, 'direct', 'none'],
    [[own, role, A], session, 'none', 'none'],
    [[user.arn], user, 'direct', 'none'],
    [[user.arn, A], user, 'none', 'none'],
    [[A], root, 'none', 'none'],
    [[own, role, A], user, 'direct', 'none'],
  ] as const)('%j leaves for %o: Deny %s, Allow %s', (names, caller, deny, allow) => {
    const element = { negated: true, principals: principals(names) };
    expect(matchPrincipal(element, 'Deny', describeCaller(caller))).toBe(deny);
    expect(matchPrincipal(element, 'Allow', describeCaller(caller))).toBe(allow);
  });
});

describe('parseAwsPrincipal', () => {
  it.each([
    '',
    '**',
    '11112222333',
    '1111222233334',
    `${A}:root`,
    `arn:aws:iam::${A}`,
    `arn:aws:iam::${A}:*`,
    `arn:aws:iam::${A}:role/*`,
    `arn:aws:iam::${A}:role/Brok?r`,
    `arn:aws:iam::${A}:role/`,
    `arn:aws:iam::${A}:group/admins`,
    'arn:aws:iam::*:root',
    `arn:aws:iam:us-east-1:${A}:root`,
    `arn:aws:sts::${A}:role/Broker`,
    `arn:aws:kms::${A}:key/1`,
    'AROAEXAMPLEID',
    'root',
    `arn:aws:iam::${A}:root\n`,
  ])('refuses %j', (text) => {
    expect(parseAwsPrincipal(text)).toBeUndefined();
  });
});

describe('isGrantee', () => {
  it.each([
    [`arn:aws:iam::${A}:role/Broker`, session, true],
    [`arn:aws:iam::${A}:role/service/eu/Broker`, session, true],
    [`arn:aws:iam::${A}:role/broker`, session, false],
    [`arn:aws:iam::${B}:role/Broker`, session, false],
    [`arn:aws-cn:iam::${A}:role/Broker`, session, false],
    [`arn:aws:sts::${A}:assumed-role/Broker/i-1`, session, true],
    [`arn:aws:sts::${A}:assumed-role/Broker/i-2`, session, false],
    [`arn:aws:iam::${A}:user/team/ann`, user, true],
    [`arn:aws:iam::${A}:user/ann`, user, false],
    [`arn:aws:iam::${A}:root`, root, true],
    [`arn:aws:iam::${A}:root`, user, false],
    [`arn:aws:iam::${A}:root`, session, false],
    [`arn:aws:iam::${B}:root`, root, false],
    [A, session, false],
    ['*', session, false],
    ['', session, false],
    ['ec2.amazonaws.com', session, false],
  ] as const)('a grant to %j is one to %o: %s', (grantee, caller, outcome) => {
    expect(isGrantee(grantee, describeCaller(caller))).toBe(outcome);
  });
});

describe('granteeName', () => {
  it('is one of the names of every caller that a grant is to', () => {
    const account = fc.constantFrom(A, B);
    const name = fc.constantFrom('Broker', 'ann', 'team/ann', 'team/Broker', 'Broker/ann', '', '/');
    const kind = fc.constantFrom('iam::$:role', 'iam::$:user', 'sts::$:assumed-role');
    const arn = fc
      .tuple(account, kind, name)
      .map(([id, form, rest]) => `arn:aws:${form.replace('$', id)}/${rest}`);
    fc.assert(
      fc.property(arn, arn, (grantee, caller) => {
        const principal = { arn: caller, accountId: A };
        fc.pre(isGrantee(grantee, describeCaller(principal)));
        expect(granteeNames(principal)).toContain(granteeName(grantee));
      }),
    );
  });
});

describe('describeCaller', () => {
  it.each([
    [root, true],
    [{ ...root, arn: `arn:aws-us-gov:iam::${A}:root` }, true],
    [{ ...root, accountId: B }, false],
    [{ ...root, arn: A }, false],
    [{ ...user, arn: `arn:aws:iam::${A}:user/root` }, false],
  ])('knows the root user: %o, %s', (caller, isRoot) => {
    expect(describeCaller(caller).isRoot).toBe(isRoot);
  });
});
