export {
  type Authorization,
  type AuthorizedKey,
  type AuthorizeOptions,
  authorize,
} from './authorize.ts';
export {
  type AttestedPlatform,
  attestationContext,
  createContextLookup,
  encryptionContextEntries,
  type RequestContext,
} from './context.ts';
export {
  type ConditionReport,
  type Effect,
  evaluateIdentityPolicy,
  evaluateKeyPolicy,
  type PolicyDecision,
  type StatementReport,
} from './evaluate.ts';
export { explainAuthorization } from './explain.ts';
export { type ConstraintReport, evaluateGrant, type GrantReport } from './grant.ts';
export { type ConditionValue, kmsContext } from './kms-condition-keys.ts';
export { parseIdentityPolicy, parseKeyPolicy } from './parse.ts';
export type { GrantConstraints, IdentityPolicy, KeyPolicy, PolicyGrant } from './policy.ts';
export { createKeyPolicyCache, type KeyPolicyCache } from './policy-cache.ts';
export { granteeName, granteeNames, type RequestPrincipal } from './principal.ts';
export { type PrincipalArn, parsePrincipalArn, roleOfSession } from './principal-arn.ts';
export { principalContext } from './principal-context.ts';
export type { PolicyRequest } from './request.ts';
