import {
  decideByIdentityPolicy,
  decideByKeyPolicy,
  type Effect,
  type PolicyDecision,
} from './evaluate.ts';
import { type GrantReport, reportGrant } from './grant.ts';
import type { IdentityPolicy, KeyPolicy, PolicyGrant } from './policy.ts';
import { createQuestion, type PolicyRequest, type Question } from './request.ts';

/** A key as far as authorisation goes. */
export interface AuthorizedKey {
  readonly accountId: string;
  readonly policy: KeyPolicy;
  /** Those that may be in force for this request: asked in turn, up to the first that allows. */
  readonly grants?: Iterable<PolicyGrant>;
}

export interface AuthorizeOptions {
  readonly request: PolicyRequest;
  /** The key that the request is about; undefined for an action that is about no key. */
  readonly key: AuthorizedKey | undefined;
  /** Of the caller's identity, by name. */
  readonly identityPolicies: ReadonlyMap<string, IdentityPolicy>;
}

/** A decision with everything that led to it. */
export interface Authorization {
  readonly effect: Effect;
  /** What settled it: what the text of AWS's AccessDenied names, where it is not `grant`. */
  readonly settledBy: 'resource-based policy' | 'identity-based policy' | 'grant';
  readonly request: PolicyRequest;
  readonly keyPolicy: PolicyDecision | undefined;
  /** Of those that were asked. */
  readonly grants: readonly GrantReport[];
  readonly identityPolicies: ReadonlyMap<string, PolicyDecision>;
}

/**
 * Decides whether a request may be carried out.
 *
 * An explicit deny of any policy wins. Then the key policy allows by itself, or a grant does, or
 * the key policy, where it allows the caller's account, together with an IAM policy. A caller from
 * another account needs an IAM policy besides each of these. The root user of an account needs no
 * IAM policy. A grant never denies, so a request is never denied by one.
 */
export function authorize(options: AuthorizeOptions): Authorization {
  const { request, key } = options;
  const question = createQuestion(request);
  const keyPolicy = key && decideByKeyPolicy(key.policy, question);
  const grants = reportGrants(key?.grants ?? [], question);
  const identityPolicies = new Map(
    [...options.identityPolicies].map(
      ([name, policy]) => [name, decideByIdentityPolicy(policy, question)] as const,
    ),
  );
  const settled = (effect: Effect, settledBy: Authorization['settledBy']): Authorization => ({
    effect,
    settledBy,
    request,
    keyPolicy,
    grants,
    identityPolicies,
  });

  const identityEffects = [...identityPolicies.values()].map(({ effect }) => effect);
  if (keyPolicy?.effect === 'explicit-deny')
    return settled('explicit-deny', 'resource-based policy');
  if (identityEffects.includes('explicit-deny')) {
    return settled('explicit-deny', 'identity-based policy');
  }
  const identityAllows = identityEffects.includes('allow') || question.caller.isRoot;
  const identityEffect = identityAllows ? 'allow' : 'implicit-deny';
  if (key === undefined || keyPolicy === undefined) {
    return settled(identityEffect, 'identity-based policy');
  }
  const keyAllows = keyPolicy.effect === 'allow';
  const grantAllows = grants.some(({ matched }) => matched);
  if (key.accountId === question.caller.accountId) {
    if (keyAllows) return settled('allow', 'resource-based policy');
    if (grantAllows) return settled('allow', 'grant');
  }
  if (keyAllows || grantAllows || keyPolicy.delegatesToIam) {
    return settled(identityEffect, 'identity-based policy');
  }
  return settled('implicit-deny', 'resource-based policy');
}

/** One grant that allows is enough, and a key may have many more. */
function reportGrants(grants: Iterable<PolicyGrant>, question: Question): readonly GrantReport[] {
  const reports: GrantReport[] = [];
  for (const grant of grants) {
    const report = reportGrant(grant, question);
    reports.push(report);
    if (report.matched) break;
  }
  return reports;
}
