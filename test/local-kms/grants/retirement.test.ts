import { describe, expect, it } from 'vitest';
import { retirementAuthority } from '../../../local-kms/grants/retirement.ts';
import {
  authorize,
  type Effect,
  explainAuthorization,
  parseIdentityPolicy,
} from '../../../shared/key-policy/index.ts';
import { grantRecordOf } from '../../support/grants.ts';

const OWNER = '111122223333';
const ISSUER = '444455556666';
const GRANTEE = '777788889999';
const STRANGER = '000011112222';

const grant = grantRecordOf({
  account: OWNER,
  issuingAccount: ISSUER,
  granteePrincipal: `arn:aws:iam::${GRANTEE}:role/path/grantee`,
  retiringPrincipal: `arn:aws:iam::${GRANTEE}:user/retiring`,
  operations: ['Decrypt', 'RetireGrant'],
  constraint: { type: 'EncryptionContextEquals', pairs: [['a', '1']] },
});

const resource = `arn:aws:kms:us-east-1:${OWNER}:key/${grant.keyId}`;

function decide(arn: string, iam: 'Allow' | 'Deny' | 'silent', retired = grant) {
  const identity = { arn, accountId: arn.split(':')[4] ?? '' };
  const policy = parseIdentityPolicy(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: iam === 'Deny' ? 'Deny' : 'Allow',
        Action: iam === 'silent' ? 'kms:Encrypt' : 'kms:RetireGrant',
        Resource: '*',
      },
    }),
  );
  return authorize({
    request: { principal: identity, action: 'kms:RetireGrant', resource, context: new Map() },
    key: retirementAuthority(retired, { identity }),
    identityPolicies: new Map([['iam', policy]]),
  });
}

const session = `arn:aws:sts::${GRANTEE}:assumed-role/grantee/session`;
const retiring = `arn:aws:iam::${GRANTEE}:user/retiring`;
const root = (account: string) => `arn:aws:iam::${account}:root`;
const user = (account: string) => `arn:aws:iam::${account}:user/someone`;

describe('RetireGrant', () => {
  it.each<[string, string, 'Allow' | 'Deny' | 'silent', Effect]>([
    ['the retiring principal', retiring, 'silent', 'allow'],
    ['the retiring principal whom an IAM policy denies', retiring, 'Deny', 'explicit-deny'],
    ['the grantee, who has RetireGrant', session, 'silent', 'allow'],
    ['the grantee whom an IAM policy denies', session, 'Deny', 'explicit-deny'],
    ['the root user of the issuing account', root(ISSUER), 'silent', 'allow'],
    ['a user of the issuing account', user(ISSUER), 'silent', 'implicit-deny'],
    ['a user of the issuing account whom IAM allows', user(ISSUER), 'Allow', 'allow'],
    ["a user of the key's account", user(OWNER), 'silent', 'implicit-deny'],
    ["a user of the key's account whom IAM allows", user(OWNER), 'Allow', 'allow'],
    [
      "another user of the grantee's account whom IAM allows",
      user(GRANTEE),
      'Allow',
      'implicit-deny',
    ],
    ["the root user of the grantee's account", root(GRANTEE), 'Allow', 'implicit-deny'],
    ['a stranger whom IAM allows', user(STRANGER), 'Allow', 'implicit-deny'],
    ['the root user of another account', root(STRANGER), 'Allow', 'implicit-deny'],
  ])('by %s', (_name, arn, iam, effect) => {
    expect(decide(arn, iam).effect).toBe(effect);
  });

  it('is not for a grantee without it', () => {
    const without = { ...grant, operations: ['Decrypt'] as const };
    expect(decide(session, 'Allow', without).effect).toBe('implicit-deny');
  });

  it('by an account that is the retiring principal as a whole', () => {
    const toAccount = { ...grant, retiringPrincipal: root(STRANGER) };
    expect(decide(root(STRANGER), 'silent', toAccount).effect).toBe('allow');
    expect(decide(user(STRANGER), 'silent', toAccount).effect).toBe('implicit-deny');
    expect(decide(user(STRANGER), 'Allow', toAccount).effect).toBe('allow');
  });

  it('is explained by the grant', () => {
    expect(explainAuthorization(decide(retiring, 'silent'))).toContain(
      `Grant "${grant.grantId}": allows`,
    );
    expect(explainAuthorization(decide(user(STRANGER), 'Allow'))).toContain(
      '"Accounts that may retire the grant" (Allow): does not apply, its principal does not fit',
    );
  });
});
