import {
  type Authorization,
  authorize,
  type KeyPolicy,
  parseKeyPolicy,
  type RequestContext,
} from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { arnOf } from '../keys/metadata.ts';
import type { AnyRequest, Operation } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';

export interface AuthorisationQuestion {
  readonly operation: Operation;
  readonly request: AnyRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly key: KeyRecord | undefined;
  readonly context: RequestContext;
}

/**
 * Decides whether the caller may do what it asks, on each resource that the operation is about.
 * The request may go on only if every decision is `allow`.
 */
export function authorisationsOf(question: AuthorisationQuestion): readonly Authorization[] {
  const { operation, request, backend, key } = question;
  if (operation.about === 'account' || key === undefined) {
    return [decide(question, '*', undefined)];
  }
  const policy = { accountId: key.account, policy: parseKeyPolicy(key.policy) };
  const alsoOn = operation.alsoOn?.(request, backend);
  return [
    ...(alsoOn === undefined ? [] : [decide(question, alsoOn, undefined)]),
    decide(question, arnOf(key), policy),
  ];
}

/** What AWS tells the client: not which condition failed. */
export function accessDenied({ request, effect, settledBy }: Authorization): KmsServiceError {
  const article = settledBy === 'resource-based policy' ? 'a' : 'an';
  const reason =
    effect === 'explicit-deny'
      ? `with an explicit deny in ${article} ${settledBy}`
      : `because no ${settledBy} allows the ${request.action} action`;
  return new KmsServiceError(
    'AccessDeniedException',
    `User: ${request.principal.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${reason}`,
  );
}

function decide(
  { operation, caller, context }: AuthorisationQuestion,
  resource: string,
  key: { readonly accountId: string; readonly policy: KeyPolicy } | undefined,
): Authorization {
  return authorize({
    request: {
      principal: caller.identity,
      action: `kms:${operation.name}`,
      resource,
      context,
    },
    key,
    identityPolicies: caller.policies,
  });
}
