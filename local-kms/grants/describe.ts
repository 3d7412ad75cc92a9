import { arnOf } from '../keys/metadata.ts';
import { rootArn } from '../realm.ts';
import type { GrantRecord } from '../store/records.ts';

/** The `GrantListEntry` of a grant: the members that apply to it, no others. */
export function describeGrant(grant: GrantRecord) {
  const { name, retiringPrincipal, constraint, region, issuingAccount } = grant;
  return {
    KeyId: arnOf(grant),
    GrantId: grant.grantId,
    ...(name === undefined ? {} : { Name: name }),
    CreationDate: grant.creationDate,
    GranteePrincipal: grant.granteePrincipal,
    ...(retiringPrincipal === undefined ? {} : { RetiringPrincipal: retiringPrincipal }),
    IssuingAccount: rootArn({ region, account: issuingAccount }),
    Operations: grant.operations,
    ...(constraint === undefined
      ? {}
      : { Constraints: { [constraint.type]: Object.fromEntries(constraint.pairs) } }),
  };
}
