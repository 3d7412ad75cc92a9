import { type Authorization, authorize, parseKeyPolicy } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { arnOf } from '../keys/metadata.ts';
import type { AnyRequest, FurtherPermission, Operation } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';
import { type Arrival, conditionsOf } from './conditions.ts';
import type { AttestedRecipient } from './recipient.ts';

export interface AuthorisationQuestion {
  readonly operation: Operation;
  readonly request: AnyRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly key: KeyRecord | undefined;
  readonly arrival: Arrival;
  readonly recipient: AttestedRecipient | undefined;
}

/**
 * Decides whether the caller may do what it asks, on each resource that the operation is about.
 * The request may go on only if every decision is `allow`.
 */
export function authorisationsOf(question: AuthorisationQuestion): readonly Authorization[] {
  const { operation, request, backend, key } = question;
  const further = operation.alsoOn?.(request, backend) ?? [];
  return [
    ...further.map((permission) => decide(question, permission)),
    operation.about === 'account' || key === undefined
      ? decide(question, { resource: '*' })
      : decide(question, { action: operation.action ?? operation.name, resource: arnOf(key), key }),
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

function decide(question: AuthorisationQuestion, permission: FurtherPermission): Authorization {
  const { operation, request, caller } = question;
  const { action = operation.name, resource, key } = permission;
  return authorize({
    request: {
      principal: caller.identity,
      action: `kms:${action}`,
      resource,
      context: conditionsOf({
        ...question,
        key,
        operationConditions: permission.conditions ?? operation.conditions?.(request),
      }),
    },
    key: key && { accountId: key.account, policy: parseKeyPolicy(key.policy) },
    identityPolicies: caller.policies,
  });
}
