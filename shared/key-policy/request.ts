import { type ContextLookup, createContextLookup, type RequestContext } from './context.ts';
import type { PolicyGrant } from './policy.ts';
import { type Caller, describeCaller, type RequestPrincipal } from './principal.ts';

/** What is asked: who wants to do what with which key. */
export interface PolicyRequest {
  readonly principal: RequestPrincipal;
  /** For example `kms:Decrypt`. ReEncrypt asks twice: `kms:ReEncryptFrom`, `kms:ReEncryptTo`. */
  readonly action: string;
  /** The key's ARN, or `*` for an action that is about no key. */
  readonly resource: string;
  /** Worked out when a condition first asks, if it is a function: most policies have none. */
  readonly context: RequestContext | (() => RequestContext);
  /** What `kms:CreateGrant` would create. Without it, no grant allows that action. */
  readonly newGrant?: Pick<PolicyGrant, 'operations' | 'constraints'>;
}

/** A request with what every policy and grant asks of it, worked out once. */
export interface Question {
  readonly request: PolicyRequest;
  /** In lower case. */
  readonly action: string;
  readonly caller: Caller;
  readonly context: ContextLookup;
}

export function createQuestion(request: PolicyRequest): Question {
  return {
    request,
    action: request.action.toLowerCase(),
    caller: describeCaller(request.principal),
    context: createContextLookup(request.context),
  };
}
