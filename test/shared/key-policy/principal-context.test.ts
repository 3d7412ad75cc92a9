import { expect, it } from 'vitest';
import { principalContext } from '../../../shared/key-policy/index.ts';

const accountId = '111122223333';

it.each([
  [
    'an account root',
    `arn:aws:iam::${accountId}:root`,
    {
      'aws:PrincipalArn': [`arn:aws:iam::${accountId}:root`],
      'aws:PrincipalType': ['Account'],
      'aws:userid': [accountId],
    },
  ],
  [
    'a user, by name without path',
    `arn:aws:iam::${accountId}:user/team/alice`,
    {
      'aws:PrincipalArn': [`arn:aws:iam::${accountId}:user/team/alice`],
      'aws:PrincipalType': ['User'],
      'aws:username': ['alice'],
    },
  ],
  [
    'a role session, as its role',
    `arn:aws-cn:sts::${accountId}:assumed-role/app/session`,
    {
      'aws:PrincipalArn': [`arn:aws-cn:iam::${accountId}:role/app`],
      'aws:PrincipalType': ['AssumedRole'],
    },
  ],
  [
    'a role',
    `arn:aws:iam::${accountId}:role/app`,
    {
      'aws:PrincipalArn': [`arn:aws:iam::${accountId}:role/app`],
      'aws:PrincipalType': ['AssumedRole'],
    },
  ],
  [
    'a federated user',
    `arn:aws:sts::${accountId}:federated-user/bob`,
    {
      'aws:PrincipalArn': [`arn:aws:sts::${accountId}:federated-user/bob`],
      'aws:PrincipalType': ['FederatedUser'],
      'aws:userid': [`${accountId}:bob`],
    },
  ],
])('tells of %s what its ARN says, and no more', (_what, arn, expected) => {
  expect(Object.fromEntries(principalContext({ arn, accountId }))).toEqual({
    'aws:PrincipalAccount': [accountId],
    ...expected,
  });
});
