export { type Authorization, type AuthorizeOptions, authorize } from './authorize.ts';
export {
  type AttestedPlatform,
  attestationContext,
  encryptionContextEntries,
  type RequestContext,
} from './context.ts';
export {
  type ConditionReport,
  type Effect,
  evaluateIdentityPolicy,
  evaluateKeyPolicy,
  type PolicyDecision,
  type PolicyRequest,
  type StatementReport,
} from './evaluate.ts';
export { explainAuthorization } from './explain.ts';
export { parseIdentityPolicy, parseKeyPolicy } from './parse.ts';
export type { IdentityPolicy, KeyPolicy } from './policy.ts';
export type { RequestPrincipal } from './principal.ts';
export { principalContext } from './principal-context.ts';
