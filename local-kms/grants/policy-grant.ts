import type { PolicyGrant } from '../../shared/key-policy/index.ts';
import type { GrantRecord } from '../store/records.ts';
import { policyConstraints } from './constraint.ts';

/** A grant as the evaluation of requests takes it. */
export function policyGrant(grant: GrantRecord): PolicyGrant {
  const { grantId, granteePrincipal, operations, constraint } = grant;
  return {
    grantId,
    granteePrincipal,
    operations,
    ...(constraint === undefined ? {} : { constraints: policyConstraints(constraint) }),
  };
}
