import { type AuthorizedKey, parseKeyPolicy } from '../../shared/key-policy/index.ts';
import type { Principal } from '../principals.ts';
import type { GrantRecord } from '../store/records.ts';
import { policyGrant } from './policy-grant.ts';
import { wholeAccount } from './principal.ts';

/**
 * What decides on RetireGrant in place of the key's policy, which has no say in it ("Retiring and
 * revoking grants", AWS KMS Developer Guide):
 *
 * - the retiring principal may, and the grantee if RetireGrant is among the operations, without any
 *   IAM policy, wherever the key is;
 * - the account that issued the grant, the one that owns the key, and one that is the retiring
 *   principal as a whole may, and through their IAM policies whom they choose.
 *
 * Here this is written as a policy and grants, so that a decision on it is made and explained as any
 * other; IAM policies deny as ever.
 */
export function retirementAuthority(
  grant: GrantRecord,
  { identity }: Pick<Principal, 'identity'>,
): AuthorizedKey {
  const { grantId, retiringPrincipal } = grant;
  const retiringAccount = retiringPrincipal && wholeAccount(retiringPrincipal);
  const accounts = [grant.issuingAccount, grant.account, retiringAccount];
  return {
    // As if the key were the caller's: so nobody whom the grant names needs an IAM policy besides.
    accountId: identity.accountId,
    policy: parseKeyPolicy(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Sid: 'Accounts that may retire the grant',
          Effect: 'Allow',
          Principal: { AWS: [...new Set(accounts.filter((account) => account !== undefined))] },
          Action: 'kms:RetireGrant',
          Resource: '*',
        },
      }),
    ),
    grants: [
      policyGrant(grant),
      ...(retiringPrincipal === undefined
        ? []
        : [{ grantId, granteePrincipal: retiringPrincipal, operations: ['RetireGrant'] }]),
    ],
  };
}
