import {
  type Effect,
  evaluateIdentityPolicy,
  evaluateKeyPolicy,
  type PolicyDecision,
  type PolicyRequest,
} from './evaluate.ts';
import type { IdentityPolicy, KeyPolicy } from './policy.ts';
import { isRootUser } from './principal.ts';

export interface AuthorizeOptions {
  readonly request: PolicyRequest;
  /** The key that the request is about; undefined for an action that is about no key. */
  readonly key: { readonly accountId: string; readonly policy: KeyPolicy } | undefined;
  /** Of the caller's identity, by name. */
  readonly identityPolicies: ReadonlyMap<string, IdentityPolicy>;
}

/** A decision with everything that led to it. */
export interface Authorization {
  readonly effect: Effect;
  /** Which kind of policy settled it: what the text of AWS's AccessDenied names. */
  readonly settledBy: 'resource-based policy' | 'identity-based policy';
  readonly request: PolicyRequest;
  readonly keyPolicy: PolicyDecision | undefined;
  readonly identityPolicies: ReadonlyMap<string, PolicyDecision>;
}

/**
 * Decides whether a request may be carried out.
 *
 * An explicit deny of any policy wins. Then the key policy allows by itself, or, where it allows
 * the caller's account, together with an IAM policy. A caller from another account needs both. The
 * root user of an account needs no IAM policy.
 */
export function authorize(options: AuthorizeOptions): Authorization {
  const { request, key } = options;
  const keyPolicy = key && evaluateKeyPolicy({ policy: key.policy, request });
  const identityPolicies = new Map(
    [...options.identityPolicies].map(
      ([name, policy]) => [name, evaluateIdentityPolicy({ policy, request })] as const,
    ),
  );
  const settled = (effect: Effect, settledBy: Authorization['settledBy']): Authorization => ({
    effect,
    settledBy,
    request,
    keyPolicy,
    identityPolicies,
  });

  const identityEffects = [...identityPolicies.values()].map(({ effect }) => effect);
  if (keyPolicy?.effect === 'explicit-deny')
    return settled('explicit-deny', 'resource-based policy');
  if (identityEffects.includes('explicit-deny')) {
    return settled('explicit-deny', 'identity-based policy');
  }
  const identityAllows = identityEffects.includes('allow') || isRootUser(request.principal);
  const identityEffect = identityAllows ? 'allow' : 'implicit-deny';
  if (key === undefined || keyPolicy === undefined) {
    return settled(identityEffect, 'identity-based policy');
  }
  if (key.accountId === request.principal.accountId && keyPolicy.effect === 'allow') {
    return settled('allow', 'resource-based policy');
  }
  if (keyPolicy.effect === 'allow' || keyPolicy.delegatesToIam) {
    return settled(identityEffect, 'identity-based policy');
  }
  return settled('implicit-deny', 'resource-based policy');
}
